"""Settings of workspaces' own mailboxes: what seals their secrets, where they may be, who signs in for them, when they rest."""

from pydantic import Field, SecretStr, field_validator, model_validator

from libs.common.keyring import secrets_in
from services.sender.domain.mailboxes.guardrails import Limits
from services.sender.provider_settings import ProviderSettings

_NONE = SecretStr("")


class MailboxSettings(ProviderSettings):
    """Without ENCRYPTION_KEYS workspaces cannot bring mailboxes, without a client id nobody can connect with that provider."""

    encryption_keys: SecretStr = Field(default=_NONE, description="Comma list; the first seals, all of them open.")
    app_base_url: str = Field(default="http://localhost:8080", description="The web app's public address.")
    mailbox_any_host: bool = Field(
        default=False, description="Mail servers may be in private networks and without TLS. Never in production."
    )
    smtp_connections_total: int = Field(default=20, ge=1, le=1000, description="Over all mailboxes, per process.")
    google_client_id: str = ""
    google_client_secret: SecretStr = _NONE
    google_authorize_url: str = "https://accounts.google.com/o/oauth2/v2/auth"
    google_token_url: str = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
    microsoft_client_id: str = ""
    microsoft_client_secret: SecretStr = _NONE
    microsoft_authorize_url: str = "https://login.microsoftonline.com/common/oauth2/v2.0/authorize"
    microsoft_token_url: str = "https://login.microsoftonline.com/common/oauth2/v2.0/token"  # noqa: S105 - an address
    mailbox_bounce_rate: float = Field(default=0.02, gt=0, le=1, description="A mailbox that bounces more is paused.")
    mailbox_complaint_rate: float = Field(default=0.001, gt=0, le=1, description="The same for complaints.")
    mailbox_guard_after: int = Field(default=50, ge=1, description="Rates count after so many mails in seven days.")

    @field_validator("encryption_keys")
    @classmethod
    def _encryption_keys_are_long(cls, value: SecretStr) -> SecretStr:
        secrets_in(value.get_secret_value())
        return value

    @model_validator(mode="after")
    def _production_reaches_public_hosts_only(self) -> "MailboxSettings":
        if self.env == "production" and self.mailbox_any_host:
            msg = "MAILBOX_ANY_HOST is set and ENV=production: tenants could reach your own network. Unset it."
            raise ValueError(msg)
        return self

    @property
    def ring(self) -> tuple[str, ...]:
        """The secrets of the ring that seals, the newest first."""
        return secrets_in(self.encryption_keys.get_secret_value())

    @property
    def limits(self) -> Limits:
        """When a mailbox is paused for what its recipients say."""
        return Limits(self.mailbox_bounce_rate, self.mailbox_complaint_rate, self.mailbox_guard_after)
