"""Settings of the gateway."""

from datetime import timedelta

from pydantic import Field, SecretStr, field_validator

from libs.common.settings import CommonSettings, check_secret, database_url_field


class GatewaySettings(CommonSettings):
    """Where the services are, how access tokens are signed, who is an operator."""

    service: str = "gateway"
    database_url: str = database_url_field("GATEWAY")
    auth_secret: SecretStr
    access_token_minutes: int = Field(default=720, ge=5)
    admin_emails: str = Field(default="", description="Comma list of the operators' addresses.")
    frontend_base_urls: str = Field(
        default="", description="Comma list of origins that may call the API from a browser."
    )
    ingest_url: str = "http://127.0.0.1:8001"
    enrich_url: str = "http://127.0.0.1:8002"
    billing_url: str = "http://127.0.0.1:8003"
    sender_url: str = "http://127.0.0.1:8004"

    @field_validator("auth_secret")
    @classmethod
    def _auth_secret_is_long(cls, value: SecretStr) -> SecretStr:
        return check_secret(value, name="AUTH_SECRET")

    @property
    def access_token_lifetime(self) -> timedelta:
        return timedelta(minutes=self.access_token_minutes)

    @property
    def operators(self) -> frozenset[str]:
        """Addresses that may see the inside of services and grant credits."""
        return frozenset(split_list(self.admin_emails.lower()))

    @property
    def reserved(self) -> frozenset[str]:
        """Addresses that cannot be signed up by whoever types them: nobody has proved that they own one."""
        return self.operators if self.env == "production" else frozenset()

    @property
    def origins(self) -> list[str]:
        """Origins for CORS."""
        return split_list(self.frontend_base_urls)


def split_list(value: str) -> list[str]:
    """The non-empty parts of a comma list."""
    return [part.strip() for part in value.split(",") if part.strip()]
