"""What is sold: names, what a price id stands for, and which settings make what."""

from typing import Any

import pytest
from pydantic import SecretStr

from libs.common.contracts.billing import EntitlementsChanged
from libs.common.settings import SettingsError
from services.billing.clients.stripe.account import SelfHosted, Stripe, stripe_account
from services.billing.domain.selling.plans import FREE, ITEMS, PACKS, PLANS, UNLIMITED, Interval, entitlements_of, rank
from services.billing.settings import BillingSettings, variable_of

NEEDED: dict[str, Any] = {
    "database_url": "postgresql://somewhere/corofy",
    "rabbitmq_url": "amqp://somewhere",
    "internal_secret": "0123456789abcdefghijklmnopqrstuvwxyz",
}


def settings(**given: Any) -> BillingSettings:
    return BillingSettings(**NEEDED, **given)


def test_three_plans_by_month_and_year_and_four_packs_are_sold() -> None:
    assert len(PLANS) == 3
    assert len(PACKS) == 4
    assert len(ITEMS) == 3 * 2 + 4


def test_a_year_grants_twelve_months_at_once() -> None:
    """Red when a year is taken for a month."""
    for plan in PLANS.values():
        assert plan.credits_for(Interval.YEAR) == 12 * plan.credits_for(Interval.MONTH) > 0


def test_a_better_plan_allows_more_of_everything_and_ranks_higher() -> None:
    """Red when the order of the plans is not that of what they allow."""
    codes = [None, *PLANS]
    assert [rank(code) for code in codes] == list(range(len(codes)))
    for name in FREE.__dataclass_fields__:
        limits = [getattr(FREE, name), *(getattr(plan.entitlements, name) for plan in PLANS.values())]
        assert limits == sorted(limits)


def test_who_has_no_plan_has_the_free_one_and_who_sells_nothing_has_no_limits() -> None:
    assert entitlements_of("free") == FREE
    assert entitlements_of("a plan of last year") == FREE
    assert entitlements_of("self_hosted") == UNLIMITED


def test_entitlements_are_what_the_event_carries() -> None:
    """Red when an entitlement is added that no other service is told of."""
    assert set(FREE.__dataclass_fields__) <= set(EntitlementsChanged.model_fields)


def test_without_a_key_and_a_sandbox_nothing_is_sold_and_that_is_said_with_what_to_do() -> None:
    configured = settings()
    assert (configured.stripe.mode, configured.price_ids.ids) == ("self_hosted", {})
    with pytest.raises(SelfHosted, match="STRIPE_SECRET_KEY") as refused, Stripe(configured.stripe).asking("anything"):
        pass
    assert refused.value.code == "self_hosted"


def test_the_sandbox_has_prices_of_its_own() -> None:
    configured = settings(sandbox_url="http://sandbox/")
    assert (configured.stripe.mode, configured.stripe.base_url) == ("sandbox", "http://sandbox/stripe")
    assert configured.price_ids.ids["starter_month"] == "price_sandbox_starter_monthly"
    assert configured.price_ids.ids["pack_100k"] == "price_sandbox_pack_100k"
    assert set(configured.price_ids.ids) == set(ITEMS)


def test_a_key_is_stronger_than_a_sandbox_and_prices_are_only_the_configured_ones() -> None:
    """Red when a real Stripe is asked for a sandbox's price."""
    configured = settings(
        stripe_secret_key="sk_test_1",
        sandbox_url="http://sandbox",
        app_base_url="https://app.example",
        stripe_price_scale_yearly="price_1",
    )
    assert (configured.stripe.mode, configured.price_ids.ids) == ("stripe", {"scale_year": "price_1"})
    assert configured.price_ids.item_of("price_1") == ITEMS["scale_year"]
    assert configured.price_ids.item_of("price_2") is None
    assert configured.price_ids.id_of(ITEMS["pack_1k"]) is None


@pytest.mark.parametrize(
    ("key", "live"), [("sk_live_1", True), ("rk_live_1", True), ("sk_test_1", False), ("rk_test_1", False)]
)
def test_the_key_says_whether_money_is_real(key: str, live: bool) -> None:
    """Red when a restricted live key is taken for a test key."""
    assert stripe_account(key=SecretStr(key), sandbox_url="").live is live


def test_a_key_without_the_address_of_the_app_is_refused() -> None:
    with pytest.raises(SettingsError, match="APP_BASE_URL is not set"):
        settings(stripe_secret_key="sk_test_1")


def test_the_app_may_be_on_this_machine_when_that_is_said() -> None:
    """Red when a test of Stripe on one's own machine is refused."""
    configured = settings(stripe_secret_key="sk_test_1", app_base_url="http://localhost:8080/")
    assert configured.billing_page == "http://localhost:8080/billing/"


def test_a_price_that_is_two_things_is_refused() -> None:
    with pytest.raises(SettingsError, match="price_1 stands in more than one"):
        settings(
            stripe_secret_key="sk_test_1",
            app_base_url="https://app.example",
            stripe_price_scale_yearly="price_1",
            stripe_price_pack_1k="price_1",
        )


def test_several_webhook_secrets_are_accepted_while_they_are_rotated() -> None:
    assert settings(stripe_webhook_secret="whsec_1, whsec_2,").webhook_secrets == ["whsec_1", "whsec_2"]


def test_each_item_has_the_variable_that_the_documents_name() -> None:
    assert variable_of(ITEMS["starter_month"]) == "STRIPE_PRICE_STARTER_MONTHLY"
    assert variable_of(ITEMS["growth_year"]) == "STRIPE_PRICE_GROWTH_YEARLY"
    assert variable_of(ITEMS["pack_20k"]) == "STRIPE_PRICE_PACK_20K"


@pytest.mark.parametrize("key", ["pk_test_1", "whsec_1", "sk_1"])
def test_what_is_no_secret_key_is_refused_at_start_and_not_shown(key: str) -> None:
    """Red when a publishable key is found out by the first person who wants to buy."""
    with pytest.raises(SettingsError, match="STRIPE_SECRET_KEY is no secret key") as refused:
        settings(stripe_secret_key=key, app_base_url="https://app.example")
    assert key not in str(refused.value)
