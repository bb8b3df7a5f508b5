"""A customer who uploads addresses and writes to them, and what arrives in the sandbox's inbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from benchmarks import leads
from libs.cli.api import ANY_HOUR, Api
from libs.cli.waiting import until
from libs.client.errors import ApiError
from libs.client.generated import models

_PAGE = 500
_TEMPLATE = {
    "name": "Benchmark",
    "subject": "A thought about {{ company }}",
    "text_body": 'Hi {{ first_name or "there" }},\n\nwe make what {{ company }} may need. Would a call suit you?\n\n'
    "{{ sender_name }}\n{{ postal_address }}\nTo hear no more from us: {{ unsubscribe_url }}\n",
    "html_body": '<p>Hi {{ first_name or "there" }},</p><p>we make what {{ company }} may need. Would a call suit you?</p>'
    '<p>{{ sender_name }}<br>{{ postal_address }}<br><a href="{{ unsubscribe_url }}">Unsubscribe</a></p>',
}


@dataclass
class Mailing:
    """One signed-in customer."""

    api: Api
    template_id: UUID | None = None

    async def write_template(self) -> None:
        """One that needs no research."""
        self.template_id = (await self.api.create_templates(_TEMPLATE)).id

    async def start(self, folder: Path, *, first: int, rows: int) -> str:
        """Upload a file, make a list of it as it is, and start a campaign for it; answers the campaign's id."""
        file = folder / f"people-{first}.csv"
        leads.write_csv(file, first=first, rows=rows)
        upload = await self.api.checked(await self.api.upload(file))
        made = await self.api.make_upload_list(upload.id, models.PlainListIn(), idempotency_key=file.name)
        wanted = models.CampaignIn(list_id=made.id, template_id=self.template_id, daily_quota=rows, window=ANY_HOUR)

        async def created() -> models.CampaignOut | None:
            try:
                return await self.api.create_campaigns(wanted)
            except ApiError as refusal:
                if refusal.code in {"list_not_found", "list_not_ready"}:
                    return None
                raise

        campaign = await until(created, what="The arrival of the list", seconds=120)
        await self.api.start_campaign(campaign.id)
        return str(campaign.id)


@dataclass(frozen=True)
class Arrived:
    """What an inbox has, the oldest first."""

    recipients: list[str]
    times: list[datetime]
    last_raw: str

    @property
    def per_second(self) -> float:
        """From the first to the last."""
        return (len(self.times) - 1) / (self.times[-1] - self.times[0]).total_seconds()

    @property
    def twice(self) -> int:
        """How many mails came for somebody who had one."""
        return len(self.recipients) - len(set(self.recipients))


async def arrived(sandbox_url: str) -> Arrived:
    """All mails of the sandbox's inbox."""
    items, cursor = list[dict[str, Any]](), ""
    async with httpx.AsyncClient(base_url=sandbox_url, timeout=60, trust_env=False) as client:
        while True:
            page = (await client.get("/inbox/api/messages", params={"cursor": cursor, "limit": _PAGE})).json()
            items += page["items"]
            if page["next_cursor"] is None:
                break
            cursor = page["next_cursor"]
    times = [datetime.fromisoformat(item["received_at"]) for item in items]
    recipients = [address for item in items for address in item["envelope_to"]]
    return Arrived(recipients, times, items[-1]["raw"] if items else "")


async def count(sandbox_url: str) -> int:
    """How many mails the inbox has."""
    async with httpx.AsyncClient(base_url=sandbox_url, timeout=60, trust_env=False) as client:
        return int((await client.get("/inbox/api/messages", params={"limit": 1})).json()["total"])
