"""Where mail providers with an API are reached. Their keys are the workspaces' own."""

from pydantic import Field, field_validator

from libs.common.settings import CommonSettings

_WHERE = "Only where it is reached elsewhere: a proxy, or the sandbox."


class ProviderSettings(CommonSettings):
    """With SANDBOX_URL a mailbox without a key is the sandbox's stand-in; ENV=production refuses SANDBOX_URL."""

    sendgrid_base_url: str = Field(default="https://api.sendgrid.com", description=_WHERE)
    mailgun_base_url: str = Field(default="https://api.mailgun.net", description=_WHERE)
    mailgun_eu_base_url: str = Field(default="https://api.eu.mailgun.net", description=_WHERE)
    instantly_base_url: str = Field(default="https://api.instantly.ai", description=_WHERE)

    @field_validator("sendgrid_base_url", "mailgun_base_url", "mailgun_eu_base_url", "instantly_base_url")
    @classmethod
    def _is_a_web_address(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            msg = "must be a web address such as https://api.example.com"
            raise ValueError(msg)
        return value.rstrip("/")
