"""Settings that would let the wrong people in are refused at start, in one sentence."""

import pytest

from libs.common.settings import SettingsError
from services.gateway.settings import GatewaySettings

BASE = {
    "database_url": "postgresql://u:p@127.0.0.1:1/x",
    "rabbitmq_url": "amqp://u:p@127.0.0.1:1/",
    "internal_secret": "0123456789abcdef" * 4,
    "auth_secret": "fedcba9876543210" * 4,
}
PROJECT = {"supabase_url": "https://project.supabase.co"}
SECRET = "a-legacy-jwt-secret-of-forty-characters!"
PEM = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----"
MAIL = {"mail_smtp_url": "smtp://mail.example", "mail_from": "Corofy <corofy@mail.example>"}


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in GatewaySettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def made(**more: object) -> GatewaySettings:
    return GatewaySettings(**{**BASE, **more})  # pyright: ignore[reportArgumentType] - strings as in the environment


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({**PROJECT, "supabase_jwt_secret": "short"}, "SUPABASE_JWT_SECRET must be 32"),
        ({**PROJECT, "supabase_jwt_secret": "x" * 40}, "SUPABASE_JWT_SECRET must be 32"),
        ({**PROJECT, "supabase_jwt_secret": PEM}, "not a key"),
        ({**PROJECT, "supabase_jwt_secret": '{"kty": "EC", "crv": "P-256", "x": "abcdefgh"}'}, "not a key"),
        ({**PROJECT, "supabase_jwt_algorithms": "HS256"}, "needs SUPABASE_JWT_SECRET"),
        ({**PROJECT, "supabase_jwt_algorithms": "ES256, none"}, "names none"),
        ({"supabase_jwt_secret": SECRET}, "SUPABASE_URL must be set"),
        ({"supabase_url": "project.supabase.co"}, "SUPABASE_URL must look like"),
        ({"supabase_url": "https://project.supabase.co/?x=1"}, "SUPABASE_URL must look like"),
        ({"supabase_url": "http://project.supabase.co", "env": "production"}, "must be https"),
        ({"auth_secret": "short"}, "AUTH_SECRET must be 32"),
        ({"proxies_in_front": "-1"}, "PROXIES_IN_FRONT"),
    ],
)
def test_what_would_let_the_wrong_people_in_is_refused(more: dict[str, object], words: str) -> None:
    """Red when the service starts with it. The value is not repeated: it may be a secret."""
    with pytest.raises(SettingsError, match=words) as refused:
        made(**more)
    secret = str(more.get("supabase_jwt_secret", "no secret"))
    assert secret == "short" or secret not in str(refused.value)


def test_what_tokens_may_be_signed_with_is_what_is_configured() -> None:
    """Red when HS256 is believed without a secret of the issuer's, or our own secret is believed beside Supabase's keys."""
    own = made(app_base_url="https://corofy.example/")
    assert (own.issuer, own.token_algorithms) == ("https://corofy.example/auth/v1", {"HS256"})
    project = made(**PROJECT)
    assert (project.issuer, project.token_algorithms) == ("https://project.supabase.co/auth/v1", {"ES256", "RS256"})
    assert made(supabase_url="https://project.supabase.co/auth/v1/").issuer == project.issuer
    both = made(**PROJECT, supabase_jwt_secret=SECRET)
    assert both.token_algorithms == {"ES256", "RS256", "HS256"}
    assert made(**PROJECT, supabase_jwt_secret=SECRET, supabase_jwt_algorithms="HS256").token_algorithms == {"HS256"}
    assert made(supabase_url="http://127.0.0.1:1", env="production").issuer == "http://127.0.0.1:1/auth/v1"


def test_addresses_are_proved_in_production_where_mail_can_be_sent() -> None:
    """Red when nobody can sign up for want of a mail server, or an address is taken on trust although there is one."""
    assert made().confirms_sign_ups is False
    assert made(**MAIL).confirms_sign_ups is False
    assert made(env="production").confirms_sign_ups is False
    assert made(**MAIL, env="production").confirms_sign_ups is True
    assert made(**MAIL, env="production", confirm_sign_ups="false").confirms_sign_ups is False
    assert made(confirm_sign_ups="true").confirms_sign_ups is True
