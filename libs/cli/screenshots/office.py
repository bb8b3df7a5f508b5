"""The photographed workspace as an office: who works in it, what it pays, and the programs that work with it."""

from __future__ import annotations

from libs.cli.api import Api
from libs.cli.catalogue import EXAMPLE, send
from libs.cli.screenshots.outside import Outside
from libs.cli.waiting import until
from libs.client.errors import ApiError
from libs.client.generated import models

WORKSPACE = "Addimar Additives"
OWNER = "nora@addimar.example"
COLLEAGUES: dict[str, str] = {"jonas@addimar.example": "admin", "priya@addimar.example": "member"}
NEWCOMER = "lea@addimar.example"
_FIRST_CREDITS = 400
_EVENTS = ["job.completed", "job.parked", "campaign.finished", "email.failed", "credits.low"]
_PLAN = {"plan": "growth", "interval": "month"}


async def open_office(owner: Api, operator: Api, outside: Outside, *, site: str, password: str) -> None:
    """Credits, a plan, people and what the workspace sells."""
    me = await owner.sign_in_or_up(OWNER, password, workspace=WORKSPACE)
    workspace_id = str(me.workspace_id)
    await until(lambda: _granted(operator, workspace_id), what="Opening the account", seconds=60)
    await owner.patch_workspace({"time_zone": "Europe/Oslo"})
    await send(owner, EXAMPLE.read_bytes(), kind="application/json")
    await _subscribe(owner, outside)
    await owner.put_billing_alerts({"thresholds": [500, 100]})
    await owner.put_billing_caps({"per_day": 2000, "per_month": 20000, "per_member": 5000})
    for email, role in COLLEAGUES.items():
        await owner.post_invitation({"email": email, "role": role})
        async with Api(site) as colleague:
            await colleague.sign_in_or_up(email, password, workspace=email.partition("@")[0].title())
            await colleague.post_invitations_acceptance({"token": await outside.token_mailed_to(email)})


async def _granted(operator: Api, workspace_id: str) -> models.GrantAnswer | None:
    """None until billing has heard of the workspace."""
    body = {"credits": _FIRST_CREDITS, "reason": "Welcome", "workspace_id": workspace_id}
    try:
        return await operator.grant_credits(body, idempotency_key=f"welcome-{workspace_id}")
    except ApiError as refusal:
        if refusal.code == "account_not_found":
            return None
        raise


async def _subscribe(owner: Api, outside: Outside) -> None:
    """A plan, paid for, and a pack beside it."""
    for what in (_PLAN, {"pack": "1k"}):
        await outside.pay((await owner.start_billing_checkout(what)).url)

    async def invoiced() -> bool | None:
        return True if len((await owner.list_billing_invoices()).items) > 1 else None

    await until(invoiced, what="The invoices", seconds=60)


async def connect_programs(owner: Api, *, receiver: str) -> None:
    """Keys, one of them revoked, and two webhooks: one is taken, one finds nobody."""
    await owner.post_api_key({"name": "CRM sync", "scopes": ["read", "jobs"]})
    former = await owner.post_api_key({"name": "Zapier", "scopes": ["read"]})
    await owner.delete_api_key(former.id)
    hook = await owner.post_webhook({"url": receiver, "events": _EVENTS, "description": "CRM"})
    gone = {"url": "https://hooks.addimar.example/corofy", "events": _EVENTS[:2], "description": "Data warehouse"}
    for made in (hook, await owner.post_webhook(gone)):
        await owner.send_test_webhook(made.id)


async def keep_order(owner: Api) -> None:
    """Whom the workspace leaves alone, whom it has forgotten, and who is invited."""
    for email, reason, note in (
        ("anna.berg@brennholm.example", "asked", "On the phone, 12 November"),
        ("stefan.kuhn@rhenania-pumpen.example", "unsubscribed", ""),
        ("@vauclair.example", "asked", "A customer of our partner's"),
    ):
        await owner.suppress_suppressions({"email": email, "reason": reason, "note": note})
    await owner.post_erasure({"email": "ole.hansen@formerclient.example"})
    await owner.post_invitation({"email": NEWCOMER, "role": "viewer"})
