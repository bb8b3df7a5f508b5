"""Billing's settings: those every service has, Stripe's keys, and which price is which."""

from pydantic import Field, SecretStr, model_validator

from libs.common.settings import CommonSettings, database_url_field
from services.billing.clients.stripe.account import Account, stripe_account
from services.billing.domain.selling.plans import ITEMS, Interval, Item, PlanItem, PriceIds

_WHERE_THE_APP_IS = "http://localhost:8080"


class BillingSettings(CommonSettings):
    """Read from the environment; `BILLING_DATABASE_URL` may point billing at a server of its own."""

    service: str = "billing"
    database_url: str = database_url_field("BILLING")
    app_base_url: str = _WHERE_THE_APP_IS
    stripe_secret_key: SecretStr = SecretStr("")
    stripe_webhook_secret: SecretStr = SecretStr("")
    plan_limits: bool = Field(default=True, description="Whether a plan limits what its workspaces may do.")
    trial_credits: int = Field(
        default=100, ge=0, description="Credits for the workspace that somebody gets at their first sign-in."
    )
    stripe_automatic_tax: bool = Field(default=False, description="Whether Stripe Tax adds tax to what is sold.")
    stripe_price_starter_monthly: str = ""
    stripe_price_starter_yearly: str = ""
    stripe_price_growth_monthly: str = ""
    stripe_price_growth_yearly: str = ""
    stripe_price_scale_monthly: str = ""
    stripe_price_scale_yearly: str = ""
    stripe_price_pack_1k: str = ""
    stripe_price_pack_5k: str = ""
    stripe_price_pack_20k: str = ""
    stripe_price_pack_100k: str = ""

    @model_validator(mode="after")
    def _key_is_secret(self) -> "BillingSettings":
        """Live or test follows from its beginning, and a publishable key (`pk_…`) would be refused only when somebody buys."""
        key = self.stripe_secret_key.get_secret_value().strip()
        if key and not key.startswith(("sk_live_", "sk_test_", "rk_live_", "rk_test_")):
            msg = "STRIPE_SECRET_KEY is no secret key: it begins with sk_live_, sk_test_, rk_live_ or rk_test_"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _buyers_find_back(self) -> "BillingSettings":
        if self.stripe_secret_key.get_secret_value().strip() and "app_base_url" not in self.model_fields_set:
            msg = "APP_BASE_URL is not set: Stripe sends buyers back there, so give the web app's public address"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _no_price_is_two_things(self) -> "BillingSettings":
        ids = list(self.price_ids.ids.values())
        twice = sorted({id_ for id_ in ids if ids.count(id_) > 1})
        if twice:
            msg = f"{', '.join(twice)} stands in more than one STRIPE_PRICE_…: each plan, interval and pack has its own price"
            raise ValueError(msg)
        return self

    @property
    def stripe(self) -> Account:
        """The real Stripe where there is a key, the sandbox's where there is none and SANDBOX_URL is set."""
        return stripe_account(
            key=self.stripe_secret_key,
            sandbox_url=self.sandbox_url,
            limits=self.plan_limits,
            taxes=self.stripe_automatic_tax,
        )

    @property
    def billing_page(self) -> str:
        """The page of the web app that Stripe sends buyers back to."""
        return f"{self.app_base_url.rstrip('/')}/billing/"

    @property
    def webhook_secrets(self) -> list[str]:
        """The signing secrets of the webhook endpoint: several while they are being rotated."""
        return [part.strip() for part in self.stripe_webhook_secret.get_secret_value().split(",") if part.strip()]

    @property
    def price_ids(self) -> PriceIds:
        """Which price is which item, as configured; in the sandbox, its own prices where none are."""
        given = {name: str(getattr(self, _field(item))).strip() for name, item in ITEMS.items()}
        if self.stripe.mode == "sandbox":
            given = {name: id_ or f"price_sandbox_{_suffix(ITEMS[name])}" for name, id_ in given.items()}
        return PriceIds({name: id_ for name, id_ in given.items() if id_})


def variable_of(item: Item) -> str:
    """The environment variable that names the item's price."""
    return _field(item).upper()


def _field(item: Item) -> str:
    return f"stripe_price_{_suffix(item)}"


def _suffix(item: Item) -> str:
    if isinstance(item, PlanItem):
        return f"{item.plan.code}_{'monthly' if item.interval is Interval.MONTH else 'yearly'}"
    return item.name
