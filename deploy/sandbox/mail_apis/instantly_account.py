"""An account of Instantly's: its mailboxes, campaigns and leads, and the mails that it sends by its own schedule."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any
from zoneinfo import ZoneInfo

from deploy.sandbox.mailbox import Mailbox


def now_in_utc() -> datetime:
    """The time that the account goes by."""
    return datetime.now(UTC)


DRAFT, ACTIVE, PAUSED = 0, 1, 2
_KEPT = 10_000
_FIELD = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_NAMES = {
    "firstName": "first_name",
    "lastName": "last_name",
    "companyName": "company_name",
    "jobTitle": "job_title",
    "email": "email",
    "personalization": "personalization",
    "phone": "phone",
    "website": "website",
}


@dataclass(slots=True)
class InstantlyAccount:
    """Campaigns and leads by id; `sent` counts by campaign and day, of the day that it is by `clock`."""

    campaigns: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    leads: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    sent: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    clock: Callable[[], datetime] = now_in_utc

    def add_lead(self, lead: dict[str, Any]) -> None:
        """Keep a lead; the oldest goes when there are too many."""
        self.leads[lead["id"]] = lead
        while len(self.leads) > _KEPT:
            self.leads.pop(next(iter(self.leads)))

    def in_campaign(self, campaign_id: str) -> list[dict[str, Any]]:
        """The leads of a campaign, oldest first."""
        return [lead for lead in self.leads.values() if lead["campaign"] == campaign_id]

    def work(self, mailbox: Mailbox) -> None:
        """Send what is due: the first step of active campaigns, in their hours, below their limit of the day."""
        at = self.clock()
        for campaign in self.campaigns.values():
            if campaign["status"] == ACTIVE and (day := open_on(campaign, at)) is not None:
                self._send(campaign, mailbox, day=day)

    def _send(self, campaign: dict[str, Any], mailbox: Mailbox, *, day: str) -> None:
        key = campaign["id"], day
        for lead in self.in_campaign(campaign["id"]):
            limit = campaign.get("daily_limit")
            if limit is not None and self.sent[key] >= limit:
                return
            if lead["timestamp_last_contact"] is None:
                sender = campaign["email_list"][self.sent[key] % len(campaign["email_list"])]
                raw = _mail(campaign, lead, sender=sender).as_bytes()
                mailbox.add(envelope_from=sender, envelope_to=(lead["email"],), raw=raw)
                lead["timestamp_last_contact"] = self.clock().isoformat()
                self.sent[key] += 1


def open_on(campaign: dict[str, Any], now: datetime) -> str | None:
    """The local date when one of the campaign's schedules is open now."""
    for schedule in campaign["campaign_schedule"]["schedules"]:
        local = now.astimezone(ZoneInfo(schedule["timezone"]))
        begins, ends = (time.fromisoformat(schedule["timing"][name]) for name in ("from", "to"))
        # Its days are numbered from Sunday.
        if schedule["days"].get(str(local.isoweekday() % 7)) and begins <= local.time() < ends:
            return local.date().isoformat()
    return None


def _mail(campaign: dict[str, Any], lead: dict[str, Any], *, sender: str) -> EmailMessage:
    words = campaign["sequences"][0]["steps"][0]["variants"][0]

    def filled(text: str) -> str:
        return _FIELD.sub(lambda found: str(_value(lead, found[1])), text)

    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"] = sender, lead["email"]
    mail["Subject"] = filled(words["subject"]).replace("\n", " ")
    mail["Message-ID"] = f"<{lead['id']}@instantly.sandbox.example>"
    mail.set_content(filled(words["body"]), subtype="html")
    return mail


def _value(lead: dict[str, Any], name: str) -> object:
    known = _NAMES.get(name)
    return lead["payload"].get(name, "") if known is None else lead.get(known) or ""
