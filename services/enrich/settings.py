"""Enrich's settings: provider keys, where the providers are, and how much is done at once."""

from pydantic import AliasChoices, Field, SecretStr, field_validator

from libs.common.keyring import secrets_in
from libs.common.settings import CommonSettings, database_url_field
from services.enrich.clients.accounts import Account, account, unheld
from services.enrich.domain.limits import Limits

_NONE = SecretStr("")
_UNKNOWN = Field(default=0, ge=0)


class LimitSettings(CommonSettings):
    """What may be asked of everybody's accounts; 0 where it is not known: then it is learned from what they say."""

    serper_requests_per_minute: int = _UNKNOWN
    serper_requests_per_day: int = _UNKNOWN
    groq_requests_per_minute: int = _UNKNOWN
    groq_tokens_per_minute: int = _UNKNOWN
    groq_requests_per_day: int = _UNKNOWN
    groq_tokens_per_day: int = _UNKNOWN
    firecrawl_requests_per_minute: int = _UNKNOWN
    firecrawl_requests_per_day: int = _UNKNOWN

    @property
    def limits(self) -> dict[str, Limits]:
        """By provider."""
        return {
            "serper": Limits(
                requests_per_minute=self.serper_requests_per_minute, requests_per_day=self.serper_requests_per_day
            ),
            "groq": Limits(
                requests_per_minute=self.groq_requests_per_minute,
                tokens_per_minute=self.groq_tokens_per_minute,
                requests_per_day=self.groq_requests_per_day,
                tokens_per_day=self.groq_tokens_per_day,
            ),
            "firecrawl": Limits(
                requests_per_minute=self.firecrawl_requests_per_minute,
                requests_per_day=self.firecrawl_requests_per_day,
            ),
        }


class EnrichSettings(LimitSettings):
    """Read from the environment, checked at start. A provider without a key is the sandbox's when SANDBOX_URL is set."""

    service: str = "enrich"
    database_url: str = database_url_field("ENRICH")
    serper_api_key: SecretStr = _NONE
    serper_base_url: str = "https://google.serper.dev"
    groq_api_key: SecretStr = _NONE
    groq_base_url: str = "https://api.groq.com"
    groq_models: str = Field(
        default="openai/gpt-oss-20b,openai/gpt-oss-120b",
        validation_alias=AliasChoices("GROQ_MODELS", "GROQ_MODEL"),
        description="Comma list: the first is preferred, the next ones answer where it refuses.",
    )
    firecrawl_api_key: SecretStr = _NONE
    firecrawl_base_url: str = "https://api.firecrawl.dev"
    encryption_keys: SecretStr = Field(
        default=_NONE,
        description="Comma list of secrets that seal what workspaces entrust to us: the first seals, all of them open.",
    )
    subjob_timeout_s: float = Field(
        default=240,
        ge=5,
        le=270,
        validation_alias=AliasChoices("SUBJOB_TIMEOUT"),
        description="Time budget of a chunk.",
    )
    rows_in_flight: int = Field(default=256, ge=1, le=4096, validation_alias=AliasChoices("ENRICH_ROWS_IN_FLIGHT"))
    company_fresh_days: float = Field(
        default=7,
        gt=0,
        validation_alias=AliasChoices("ENRICH_COMPANY_FRESH_DAYS"),
        description="For how long what was found out about a company serves other rows of the workspace, in days.",
    )
    website_fresh_days: float = Field(
        default=7,
        gt=0,
        validation_alias=AliasChoices("ENRICH_WEBSITE_FRESH_DAYS"),
        description="For how long the pages of a website are believed, in days.",
    )
    website_contact: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9._~:/@+-]*$",
        max_length=200,
        validation_alias=AliasChoices("ENRICH_WEBSITE_CONTACT"),
        description="An address (https or e-mail) by which website owners reach whoever runs this; sent with each page read.",
    )
    row_budget_s: float = Field(
        default=60,
        gt=0,
        validation_alias=AliasChoices("ENRICH_ROW_BUDGET_S"),
        description="How long the failing calls of one row may take before the row is degraded.",
    )

    @field_validator("groq_models")
    @classmethod
    def _there_is_a_model(cls, value: str) -> str:
        if not _listed(value):
            msg = "GROQ_MODELS names no model: give one or more, separated by commas"
            raise ValueError(msg)
        return value

    @property
    def company_fresh_s(self) -> float:
        """The same in seconds."""
        return self.company_fresh_days * 86_400

    @field_validator("encryption_keys")
    @classmethod
    def _encryption_keys_are_long(cls, value: SecretStr) -> SecretStr:
        secrets_in(value.get_secret_value())
        return value

    @property
    def ring(self) -> tuple[str, ...]:
        """The secrets of the keyring, the one that seals first."""
        return secrets_in(self.encryption_keys.get_secret_value())

    @property
    def models(self) -> tuple[str, ...]:
        """The models of the language model's provider, the preferred one first."""
        return _listed(self.groq_models)

    @property
    def accounts(self) -> tuple[Account, ...]:
        """The provider accounts of this installation."""
        return tuple(
            account(name, key=key.get_secret_value().strip(), base_url=url, sandbox_url=self.sandbox_url)
            for name, key, url in self._given
        )

    @property
    def places(self) -> tuple[Account, ...]:
        """Where the keys that workspaces bring are used."""
        return tuple(unheld(name, base_url=url, sandbox_url=self.sandbox_url) for name, _, url in self._given)

    @property
    def _given(self) -> tuple[tuple[str, SecretStr, str], ...]:
        return (
            ("serper", self.serper_api_key, self.serper_base_url),
            ("groq", self.groq_api_key, self.groq_base_url),
            ("firecrawl", self.firecrawl_api_key, self.firecrawl_base_url),
        )


def _listed(value: str) -> tuple[str, ...]:
    """The parts of a comma list, each once."""
    return tuple(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))
