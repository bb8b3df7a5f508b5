"""Settings: what is wrong is said in one sentence per variable, without its value."""

from __future__ import annotations

import pytest

from libs.common.settings import CommonSettings, SettingsError, database_url_field, normalise_database_url

SECRET = "0123456789abcdef0123456789abcdef"
GOOD = {
    "DATABASE_URL": "postgresql://me:pw@localhost/corofy",
    "RABBITMQ_URL": "amqp://me:pw@localhost/",
    "INTERNAL_SECRET": SECRET,
}


class ExampleSettings(CommonSettings):
    service: str = "example"
    database_url: str = database_url_field("EXAMPLE")
    sandbox_smtp_url: str = ""


def _read(monkeypatch: pytest.MonkeyPatch, **changes: str | None) -> ExampleSettings:
    for name in ("ENV", "SANDBOX_URL", "SERVICE", *GOOD):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**GOOD, **changes}.items():
        if value is not None:
            monkeypatch.setenv(name, value)
    return ExampleSettings()  # pyright: ignore[reportCallIssue] - filled from the environment


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"INTERNAL_SECRET": None}, "INTERNAL_SECRET is not set"),
        ({"INTERNAL_SECRET": "hunter2"}, "INTERNAL_SECRET must be 32 random characters or more"),
        ({"INTERNAL_SECRET": "hunter2" * 6}, "INTERNAL_SECRET must be 32 random characters or more"),
        ({"RABBITMQ_URL": "http://hunter2@x"}, "RABBITMQ_URL must look like amqp://"),
        ({"RABBITMQ_URL": ""}, "RABBITMQ_URL is not set"),
        ({"DATABASE_URL": None}, "DATABASE_URL (or <SERVICE>_DATABASE_URL) is not set"),
        ({"EXAMPLE_DATABASE_URL": "mysql://hunter2@x"}, "must look like postgresql://"),
        ({"DB_POOL_SIZE": "hunter2"}, "DB_POOL_SIZE: input should be a valid integer"),
        ({"LOG_LEVEL": "hunter2"}, "LOG_LEVEL: input should be 'DEBUG', 'INFO'"),
        ({"ENV": "production", "SANDBOX_URL": "http://hunter2"}, "SANDBOX_URL is set and ENV=production"),
        ({"ENV": "production", "SANDBOX_SMTP_URL": "smtp://hunter2"}, "SANDBOX_SMTP_URL is set and ENV=production"),
        ({"REDIS_URL": "redis://hunter2"}, "REDIS_URL is retired"),
    ],
)
def test_what_is_wrong_is_said_by_name_and_without_its_value(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str | None], sentence: str
) -> None:
    """Red when a rule is taken out, or when the message repeats what may be a secret."""
    with pytest.raises(SettingsError) as caught:
        _read(monkeypatch, **changes)
    assert sentence in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_everything_that_is_wrong_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError) as caught:
        _read(monkeypatch, INTERNAL_SECRET=None, DB_POOL_SIZE="0")
    assert "INTERNAL_SECRET" in str(caught.value)
    assert "DB_POOL_SIZE" in str(caught.value)


def test_a_services_own_database_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _read(monkeypatch, EXAMPLE_DATABASE_URL="postgres://own/x", LOG_LEVEL="debug", SERVICE="something else")
    assert settings.database_url == "postgresql+asyncpg://own/x"
    assert settings.service == "example", "a variable called SERVICE must not rename us"
    assert settings.log_level == "DEBUG"
    assert SECRET not in repr(settings)


def test_the_ssl_option_is_taken_as_the_hosted_databases_write_it() -> None:
    assert normalise_database_url("postgres://h/d?a=b&sslmode=require") == "postgresql+asyncpg://h/d?a=b&ssl=require"
