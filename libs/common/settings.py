"""Settings every service has: environment variables, typed and checked at start. Secrets have no default."""

from typing import Literal

from pydantic import AliasChoices, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from libs.common.errors import Invalid

MIN_SECRET_CHARS = 32


def check_secret(value: SecretStr, *, name: str) -> SecretStr:
    """Refuse a signing key that is too short to be one (a short HMAC key only makes the library warn)."""
    if len(value.get_secret_value()) < MIN_SECRET_CHARS:
        msg = f"{name} must have at least {MIN_SECRET_CHARS} characters: make one with `openssl rand -hex 32`"
        raise ValueError(msg)
    return value


class CommonSettings(BaseSettings):
    """What each service reads. Subclasses add theirs and set `service`."""

    model_config = SettingsConfigDict(extra="ignore", env_file=None, populate_by_name=True, hide_input_in_errors=True)

    service: str
    env: Literal["development", "test", "production"] = "development"
    database_url: str = ""
    rabbitmq_url: SecretStr
    internal_secret: SecretStr
    db_pool_size: int = Field(default=8, ge=1, le=100)
    log_level: str = "INFO"
    log_format: Literal["json", "console"] = "json"
    sandbox_url: str = ""
    redis_url: str = Field(default="", description="Retired: RabbitMQ and Postgres do its work.")
    shutdown_seconds: float = Field(default=20, gt=0)

    @field_validator("internal_secret")
    @classmethod
    def _internal_secret_is_long(cls, value: SecretStr) -> SecretStr:
        return check_secret(value, name="INTERNAL_SECRET")

    @field_validator("database_url")
    @classmethod
    def _use_asyncpg(cls, value: str) -> str:
        return normalise_database_url(value)

    @model_validator(mode="after")
    def _sandbox_stays_out_of_production(self) -> "CommonSettings":
        if self.env == "production" and self.sandbox_url:
            msg = (
                "SANDBOX_URL is set and ENV=production: what the sandbox invents must not reach real people. Unset one."
            )
            raise ValueError(msg)
        if self.redis_url:
            msg = "REDIS_URL is retired: Corofy needs only Postgres and RabbitMQ. Unset it."
            raise ValueError(msg)
        return self


def normalise_database_url(url: str) -> str:
    """Accept `postgres://` and `postgresql://` and name the asyncpg driver. Raises Invalid for anything else."""
    if not url:
        msg = "DATABASE_URL (or <SERVICE>_DATABASE_URL) is not set: give postgresql://user:password@host:port/database"
        raise Invalid(msg, code="database_url_missing")
    scheme, _, rest = url.partition("://")
    if scheme not in {"postgres", "postgresql", "postgresql+asyncpg"}:
        msg = f"the database URL starts with {scheme!r}: only postgresql:// is supported"
        raise Invalid(msg, code="database_url_invalid")
    return f"postgresql+asyncpg://{rest}"


def database_url_field(service: str) -> str:
    """The field of a service's settings: `<SERVICE>_DATABASE_URL`, else `DATABASE_URL`."""
    return Field(
        default="", validate_default=True, validation_alias=AliasChoices(f"{service}_DATABASE_URL", "DATABASE_URL")
    )
