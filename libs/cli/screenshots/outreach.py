"""The photographed workspace's mails: templates, mailboxes, lists, a campaign at work and one that is a draft."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from libs.cli.api import ANY_HOUR, Api
from libs.cli.screenshots.outside import Outside
from libs.cli.waiting import until
from libs.client.errors import ApiError
from libs.client.generated import models

_UNCERTAIN = "james.carter@kestreloil.example"
_REFUSED = ("dana.whitfield@prairiebaseoils.example", "wei.chen@merlionports.example")
_FOOT = "\n\n{{ sender_name }}\n--\n{{ postal_address }}\n{{ unsubscribe_url }}"
_TEMPLATES = {
    "Opening line, then a question": (
        "{{ company }} and {{ product }}",
        'Hello {{ first_name or "there" }},\n\n{{ line }}\n\nWould {{ pitch }} be of use to you?',
    ),
    "Short and plain": (
        "A thought about {{ company }}",
        'Hello {{ first_name or "there" }},\n\n{{ line }}\n\nMay I send you our two-page summary?',
    ),
    "After the trade fair": (
        "Good to meet you, {{ first_name }}",
        'Hello {{ first_name or "there" }},\n\nthank you for stopping by our stand. Shall we go on from there?',
    ),
}
_FAIR = """Email,First name,Last name,Company,Country
ada.moen@havnlube.example,Ada,Moen,Havnlube,Norway
piotr.zielinski@olejwisla.example,Piotr,Zieliński,Olej Wisła,Poland
marta.keller@rheinoel.example,Marta,Keller,Rheinöl,Germany
info@rheinoel.example,,,Rheinöl,Germany
tomas.dvorak@moravaoil.example,Tomáš,Dvořák,Morava Oil,Czechia
not-an-address,Olga,,Unknown,
ada.moen@havnlube.example,Ada,Moen,Havnlube,Norway
"""


async def reach_out(owner: Api, outside: Outside, folder: Path, *, job_list: str) -> dict[str, str]:
    """What was made, by name: `list`, `campaign`, `template`."""
    await _sign(owner)
    await _mailboxes(owner)
    templates = [await _template(owner, name, *words) for name, words in _TEMPLATES.items()]
    fair = await _list_without_research(owner, folder)
    awkward = {_UNCERTAIN: "drop_lost", **dict.fromkeys(_REFUSED, "refuse")}
    await outside.dial(smtp={"recipients": awkward})
    campaign = await _started(owner, job_list, template=templates[1])
    draft = models.CampaignIn(list_id=fair, name="After the trade fair", template_id=templates[2], window=_HOURS)
    await owner.create_campaigns(draft)
    return {"list": job_list, "fair": str(fair), "campaign": str(campaign), "template": str(templates[0])}


_HOURS = models.WindowIn(days=[1, 2, 3, 4, 5], from_="08:30", to="17:00")


async def _sign(owner: Api) -> None:
    settings = await owner.show_sending_settings()
    changed = {name: getattr(settings, name) for name in models.SendingSettingsIn.model_fields}
    address = "Addimar Additives AS, Havnegata 12, 1606 Fredrikstad, Norway"
    changed |= {"sender_name": "Nora Lindqvist", "postal_address": address, "daily_quota": 60, "domain_quota": 5}
    await owner.change_sending_settings(changed)


async def _mailboxes(owner: Api) -> None:
    """One at work, one that somebody has paused."""
    made = [
        await owner.add_mailboxes({"provider": "sandbox", "address": address, "name": name, "daily_quota": quota})
        for address, name, quota in (
            ("nora@addimar.example", "Nora Lindqvist", 60),
            ("sales@addimar.example", "Addimar Sales", 40),
        )
    ]
    await owner.pause_mailbox(made[1].id)


async def _template(owner: Api, name: str, subject: str, text: str) -> UUID:
    return (await owner.create_templates({"name": name, "subject": subject, "text_body": text + _FOOT})).id


async def _list_without_research(owner: Api, folder: Path) -> UUID:
    file = folder / "trade-fair.csv"
    file.write_text(_FAIR, "utf-8")
    upload = await owner.checked(await owner.upload(file))
    return (await owner.make_upload_list(upload.id, {"name": "Trade fair, October"})).id


async def _started(owner: Api, list_id: str, *, template: UUID) -> UUID:
    """Sends at any hour, so that there are mails whenever the pictures are taken; waits until most of the day's have left."""
    order = models.CampaignIn(
        list_id=UUID(list_id), name="Lubricant makers, autumn", template_id=template, window=ANY_HOUR, daily_quota=24
    )

    async def made() -> models.CampaignOut | None:
        try:
            return await owner.create_campaigns(order, idempotency_key=f"pictures-{list_id}")
        except ApiError as refusal:
            if refusal.code in {"list_not_found", "list_not_ready"}:
                return None
            raise

    campaign = await until(made, what="Taking the list over", seconds=60)
    await owner.start_campaign(campaign.id)

    async def sent() -> bool | None:
        return True if (await owner.show_campaign(campaign.id)).counts.sent >= 12 else None

    await until(sent, what="The first mails", seconds=180)
    return campaign.id
