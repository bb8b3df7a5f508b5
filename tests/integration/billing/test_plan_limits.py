"""An installation may sell plans that limit nothing."""

from pydantic import SecretStr

from libs.common.clock import utc_now
from services.billing.clients.stripe.account import stripe_account
from services.billing.domain.selling.plans import FREE, UNLIMITED
from services.billing.use_cases.renew_entitlements import renew_entitlements
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
