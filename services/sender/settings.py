"""The sender's settings: what every service has, and the mailbox that mail leaves through."""

from email.utils import parseaddr

from pydantic import Field, SecretStr, model_validator

from libs.common.settings import database_url_field
from services.sender.domain.sending import SendTiming
from services.sender.mailbox_settings import MailboxSettings

_SANDBOX_POSTAL_ADDRESS = "Corofy Demo, 1 Sandbox Street, Exampleton"


class SenderSettings(MailboxSettings):
    """Read from the environment, checked at start. Without SMTP_URL and SANDBOX_SMTP_URL nothing can be sent."""

    service: str = "sender"
    database_url: str = database_url_field("SENDER")
    smtp_url: SecretStr = SecretStr("")
    sandbox_smtp_url: SecretStr = SecretStr("")
    mail_from: str = ""
    mail_postal_address: str = Field(default="", description="Stands at the foot of every default mail.")
    unsubscribe_address: str = Field(
        default="", description="Where 'unsubscribe' may be written; MAIL_FROM's by default."
    )
    check_mx: bool = Field(default=True, description="Ask DNS whether the domains of leads take mail.")
    daily_quota: int = Field(default=400, ge=1, le=100_000)
    smtp_connections: int = Field(default=2, ge=1, le=50)
    send_batch_size: int = Field(default=10, ge=1, le=200)
    send_ahead: int = Field(default=8, ge=1, le=50)
    send_call_deadline_s: float = Field(default=10, gt=0)
    send_provider_timeout_s: float = Field(default=30, gt=0)
    send_sending_lease_s: float = Field(default=60, gt=0)
    send_claim_lease_s: float = Field(default=120, gt=0)

    @property
    def mailbox_url(self) -> str:
        """The real mailbox, else the sandbox's, else nothing."""
        return self.smtp_url.get_secret_value() or self.sandbox_smtp_url.get_secret_value()

    @property
    def mailbox_sandboxed(self) -> bool:
        """Whether mail goes to the sandbox's inbox."""
        return not self.smtp_url.get_secret_value()

    @property
    def postal_address(self) -> str:
        """The sender's postal address at the foot of each mail."""
        return self.mail_postal_address or _SANDBOX_POSTAL_ADDRESS

    @property
    def timing(self) -> SendTiming:
        """Deadlines and leases of a send, in seconds."""
        return SendTiming(
            call_deadline_s=self.send_call_deadline_s,
            provider_timeout_s=self.send_provider_timeout_s,
            sending_lease_s=self.send_sending_lease_s,
            claim_lease_s=self.send_claim_lease_s,
        )

    @model_validator(mode="after")
    def _mail_can_be_answered_for(self) -> "SenderSettings":
        address = parseaddr(self.mail_from)[1]
        if self.mailbox_url and not (address.isascii() and "@" in address):
            msg = "MAIL_FROM is not set to an address: give the sender, for example 'Ann Lee <ann@your-domain.com>'"
            raise ValueError(msg)
        if self.smtp_url.get_secret_value() and not self.mail_postal_address:
            msg = (
                "SMTP_URL is set without MAIL_POSTAL_ADDRESS: mail to real people must name the sender's postal address"
            )
            raise ValueError(msg)
        if self.env == "production" and self.sandbox_smtp_url.get_secret_value():
            msg = "SANDBOX_SMTP_URL is set and ENV=production: unset one"
            raise ValueError(msg)
        if self.env == "production" and self.mailbox_url and not self.app_base_url.startswith("https://"):
            msg = (
                f"APP_BASE_URL is {self.app_base_url} and ENV=production: mail programs unsubscribe people by https only, so"
                " give the web app's public https address"
            )
            raise ValueError(msg)
        _ = self.timing
        return self
