"""Settings that would break a promise are refused at start, in one sentence."""

import pytest

from libs.common.settings import SettingsError
from services.sender.settings import SenderSettings

BASE = {
    "database_url": "postgresql://u:p@127.0.0.1:1/x",
    "rabbitmq_url": "amqp://u:p@127.0.0.1:1/",
    "internal_secret": "0123456789abcdef" * 4,
    "mail_from": "Ann <ann@corofy.example>",
}


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SMTP_URL", "SANDBOX_SMTP_URL", "MAIL_FROM", "SANDBOX_URL", "ENV", "DATABASE_URL", "APP_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"sandbox_smtp_url": "smtp://127.0.0.1:1", "mail_from": "nobody"}, "MAIL_FROM"),
        ({"smtp_url": "smtp://mail.example"}, "MAIL_POSTAL_ADDRESS"),
        ({"sandbox_smtp_url": "smtp://127.0.0.1:1", "env": "production"}, "SANDBOX_SMTP_URL"),
        ({"smtp_url": "smtp://mail.example", "mail_postal_address": "1 St", "env": "production"}, "APP_BASE_URL"),
        ({"send_sending_lease_s": 40}, "SEND_SENDING_LEASE_S"),
    ],
)
def test_what_cannot_work_is_refused_with_what_to_do(more: dict[str, object], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        SenderSettings(**{**BASE, **more})  # pyright: ignore[reportArgumentType] - strings as in the environment


def test_a_real_mailbox_comes_before_the_sandboxs() -> None:
    both = {"smtp_url": "smtp://mail.example", "sandbox_smtp_url": "smtp://127.0.0.1:1", "mail_postal_address": "1 St"}
    settings = SenderSettings(**{**BASE, **both})  # pyright: ignore[reportArgumentType] - strings as in the environment
    assert (settings.mailbox_url, settings.mailbox_sandboxed) == ("smtp://mail.example", False)
    sandboxed = SenderSettings(**{**BASE, "sandbox_smtp_url": "smtp://127.0.0.1:1"})  # pyright: ignore[reportArgumentType]
    assert sandboxed.mailbox_sandboxed
    assert sandboxed.postal_address
