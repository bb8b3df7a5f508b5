"""An installation may sell plans that limit nothing; reading what is allowed waits for nobody."""

from pydantic import SecretStr
from sqlalchemy import text

from libs.common.clock import utc_now
from libs.common.ids import new_id
from services.billing.clients.stripe.account import Account, stripe_account
from services.billing.domain.selling.plans import FREE, UNLIMITED
from services.billing.repositories.selling import subscriptions
from services.billing.use_cases.renew_entitlements import renew_entitlements
from services.billing.use_cases.show_plan import show_plan
from tests.integration.billing.steps import Billing


async def test_plans_limit_what_workspaces_may_do_unless_the_installation_says_otherwise(billing: Billing) -> None:
    """Red when PLAN_LIMITS is not looked at, or turning it changes nothing for who has been told already."""
    workspace_id, found = await billing.workspace(), list[object]()
    for limits in (True, False, False, True):
        account = stripe_account(key=SecretStr(""), sandbox_url="http://127.0.0.1:9", limits=limits)
        async with billing.open_uow() as uow:
            entitled = await renew_entitlements(workspace_id, account=account, uow=uow, now=utc_now())
        found.append((entitled.version, entitled.plan, entitled.entitlements))
    assert found == [(1, "free", FREE), (2, "free", UNLIMITED), (2, "free", UNLIMITED), (3, "free", FREE)]


async def test_reading_what_a_workspace_may_do_waits_for_nobody(billing: Billing) -> None:
    """Red when a read takes the workspace's turn: it would wait for whoever talks to Stripe, and they for it."""
    workspace_id, account = new_id(), Account("sandbox", "http://sandbox")
    async with billing.open_uow() as uow:
        first = await show_plan(workspace_id, account=account, uow=uow, now=utc_now())
    async with billing.open_uow() as busy:
        await subscriptions.lock_workspace(busy.conn, workspace_id)
        async with billing.open_uow() as uow:
            await uow.conn.execute(text("SET LOCAL lock_timeout = '1s'"))
            shown = await show_plan(workspace_id, account=account, uow=uow, now=utc_now())
    assert shown.entitled == first.entitled
