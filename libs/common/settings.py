"""Settings every service has: environment variables, typed and checked at start. Secrets have no default."""

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from libs.common.errors import Invalid

MIN_SECRET_CHARS = 32
_MIN_DIFFERENT_CHARS = 8
_RABBITMQ_EXAMPLE = "amqp://user:password@host:5672/vhost"


class SettingsError(SystemExit):
    """The environment is wrong. Where nobody catches it, the process ends with these sentences instead of a traceback."""


def check_secret(value: SecretStr, *, name: str) -> SecretStr:
    """Refuse a signing key that is too short to be one (a short HMAC key only makes the library warn), or a stand-in."""
    secret = value.get_secret_value()
    if len(secret) < MIN_SECRET_CHARS or len(set(secret)) < _MIN_DIFFERENT_CHARS:
        msg = f"{name} must be {MIN_SECRET_CHARS} random characters or more: make one with `openssl rand -hex 32`"
        raise ValueError(msg)
    return value


class CommonSettings(BaseSettings):
    """What each service reads. Subclasses add theirs and set `service`. Raises SettingsError, which names the variable."""

    model_config = SettingsConfigDict(
        extra="ignore", env_file=None, env_ignore_empty=True, populate_by_name=True, hide_input_in_errors=True
    )

    service: str
    env: Literal["development", "test", "production"] = "development"
    database_url: str = ""
    rabbitmq_url: SecretStr
    internal_secret: SecretStr
    metrics_token: SecretStr = Field(
        default=SecretStr(""), description="Who shows it may read /metrics; empty: anybody."
    )
    db_pool_size: int = Field(default=8, ge=1, le=100)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["json", "console"] = "json"
    sandbox_url: str = ""
    redis_url: str = Field(default="", description="Retired: RabbitMQ and Postgres do its work.")
    shutdown_seconds: float = Field(default=15, gt=0)

    def __init__(self, **values: Any) -> None:
        # A variable called SERVICE, which means something else elsewhere, must not rename us.
        name = type(self).model_fields["service"]
        if not name.is_required():
            values.setdefault("service", name.default)
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise SettingsError("\n".join(_sentences(type(self), error))) from None

    @field_validator("log_level", mode="before")
    @classmethod
    def _log_level_in_any_case(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("internal_secret")
    @classmethod
    def _internal_secret_is_long(cls, value: SecretStr) -> SecretStr:
        return check_secret(value, name="INTERNAL_SECRET")

    @field_validator("metrics_token")
    @classmethod
    def _metrics_token_is_long(cls, value: SecretStr) -> SecretStr:
        return check_secret(value, name="METRICS_TOKEN") if value.get_secret_value() else value

    @field_validator("rabbitmq_url")
    @classmethod
    def _is_amqp(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(("amqp://", "amqps://")):
            msg = f"RABBITMQ_URL must look like {_RABBITMQ_EXAMPLE}"
            raise ValueError(msg)
        return value

    @field_validator("database_url")
    @classmethod
    def _use_asyncpg(cls, value: str) -> str:
        try:
            return normalise_database_url(value)
        except Invalid as error:
            raise ValueError(error.message) from error

    @model_validator(mode="after")
    def _sandbox_stays_out_of_production(self) -> "CommonSettings":
        found = [
            name.upper() for name in type(self).model_fields if name.startswith("sandbox_") and getattr(self, name)
        ]
        if self.env == "production" and found:
            msg = (
                f"{' and '.join(found)} is set and ENV=production: what the sandbox invents must not reach real people."
                " Unset one."
            )
            raise ValueError(msg)
        if self.redis_url:
            msg = "REDIS_URL is retired: Corofy needs only Postgres and RabbitMQ. Unset it."
            raise ValueError(msg)
        return self


def _sentences(settings: type[CommonSettings], error: ValidationError) -> Iterable[str]:
    """One sentence per wrong variable. The value is not repeated: it may be a secret."""
    yield f"The settings of {settings.__name__.removesuffix('Settings').lower()} are wrong:"
    for found in error.errors(include_url=False, include_input=False):
        name = str(found["loc"][0]).upper() if found["loc"] else ""
        what = found["msg"].removeprefix("Value error, ")
        if found["type"] == "missing":
            yield f"- {name} is not set: see .env.example for what it means"
        elif name and name not in what and "_URL" not in what:
            yield f"- {name}: {what[:1].lower()}{what[1:]}"
        else:
            yield f"- {what}"


def normalise_database_url(url: str) -> str:
    """Accept `postgres://` and `postgresql://` and name the asyncpg driver. Raises Invalid for anything else."""
    if not url:
        msg = "DATABASE_URL (or <SERVICE>_DATABASE_URL) is not set: give postgresql://user:password@host:port/database"
        raise Invalid(msg, code="database_url_missing")
    scheme, _, rest = url.partition("://")
    if scheme not in {"postgres", "postgresql", "postgresql+asyncpg"}:
        msg = "DATABASE_URL (or <SERVICE>_DATABASE_URL) must look like postgresql://user:password@host:port/database"
        raise Invalid(msg, code="database_url_invalid")
    # What libpq (and Supabase's page) calls sslmode, the driver calls ssl.
    return f"postgresql+asyncpg://{rest.replace('?sslmode=', '?ssl=').replace('&sslmode=', '&ssl=')}"


def database_url_field(service: str) -> str:
    """The field of a service's settings: `<SERVICE>_DATABASE_URL`, else `DATABASE_URL`."""
    return Field(
        default="", validate_default=True, validation_alias=AliasChoices(f"{service}_DATABASE_URL", "DATABASE_URL")
    )
