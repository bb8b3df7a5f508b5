"""Settings of the gateway."""

from datetime import timedelta
from email.utils import parseaddr

from pydantic import Field, SecretStr, field_validator, model_validator

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
    app_base_url: str = Field(default="http://localhost:8080", description="The web app's public address, for mails.")
    mail_smtp_url: SecretStr = Field(
        default=SecretStr(""), description="The mail server of Corofy's own mails; the sandbox's inbox by default."
    )
    sandbox_smtp_url: SecretStr = SecretStr("")
    mail_from: str = ""
    ingest_url: str = "http://127.0.0.1:8001"
    enrich_url: str = "http://127.0.0.1:8002"
    billing_url: str = "http://127.0.0.1:8003"
    sender_url: str = "http://127.0.0.1:8004"

    @field_validator("auth_secret")
    @classmethod
    def _auth_secret_is_long(cls, value: SecretStr) -> SecretStr:
        return check_secret(value, name="AUTH_SECRET")

    @model_validator(mode="after")
    def _mails_have_a_sender(self) -> "GatewaySettings":
        if self.mail_url and "@" not in parseaddr(self.mail_from)[1]:
            msg = "MAIL_FROM must be an address with MAIL_SMTP_URL or SANDBOX_SMTP_URL, such as 'Corofy <corofy@your-domain.com>'"
            raise ValueError(msg)
        return self

    @property
    def mail_url(self) -> str:
        """Where Corofy's own mails are handed over: the real server, else the sandbox's inbox, else nowhere."""
        sandbox = "" if self.env == "production" else self.sandbox_smtp_url.get_secret_value()
        return self.mail_smtp_url.get_secret_value() or sandbox

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
