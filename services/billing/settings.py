"""Billing's settings: those every service has."""

from libs.common.settings import CommonSettings, database_url_field


class BillingSettings(CommonSettings):
    """Read from the environment; `BILLING_DATABASE_URL` may point billing at a server of its own."""

    service: str = "billing"
    database_url: str = database_url_field("BILLING")
