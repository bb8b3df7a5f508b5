"""What the web app has to know before anybody has signed in."""

from typing import Literal

from pydantic import BaseModel, Field


class SignInConfig(BaseModel):
    """Where people sign in."""

    provider: Literal["corofy", "supabase"] = Field(description="Our own issuer, which speaks as Supabase Auth does.")
    url: str = Field(description="What `/auth/v1` stands below; empty for the address that this came from.")
    anon_key: str = Field(description="The publishable key of the Supabase project; empty for our own issuer.")
    sign_up: bool = Field(description="Whether a newcomer may sign up.")
    confirms_addresses: bool | None = Field(
        description="Whether an address is proved by mail before the first sign-in; null where Supabase decides."
    )


class WebConfig(BaseModel):
    """`GET /config.json`."""

    version: str
    environment: str = Field(description="development, test or production.")
    app_base_url: str = Field(description="The web app's public address.")
    sandboxed: bool = Field(description="Whether stand-ins may play providers that have no key.")
    auth: SignInConfig
