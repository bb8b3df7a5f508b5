"""Settings of the gateway."""

from datetime import timedelta
from email.utils import parseaddr
from ipaddress import ip_address
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from libs.common.keyring import secrets_in
from libs.common.settings import CommonSettings, check_secret, database_url_field
from services.gateway.domain.supabase_keys import is_secret_key
from services.gateway.domain.tokens import ASYMMETRIC, SYMMETRIC


class GatewaySettings(CommonSettings):
    """Where the services are, how access tokens are signed, who is an operator."""

    service: str = "gateway"
    database_url: str = database_url_field("GATEWAY")
    auth_secret: SecretStr
    access_token_minutes: int = Field(default=60, ge=5, le=24 * 60)
    supabase_url: str = Field(default="", description="The Supabase project that signs people in; otherwise we do.")
    supabase_anon_key: str = Field(default="", description="The project's publishable key, which browsers are told.")
    supabase_jwt_secret: SecretStr = SecretStr("")
    supabase_jwt_algorithms: str = Field(default="", description="Comma list of ES256, RS256, HS256.")
    confirm_sign_ups: bool | None = Field(
        default=None, description="Whether an address is proved before the first sign-in."
    )
    proxies_in_front: int = Field(default=0, ge=0, le=9, description="Proxies whose X-Forwarded-For is believed.")
    audit_keep_days: int = Field(default=400, ge=1, description="How long it stays known who did what.")
    user_requests_per_minute: int = Field(default=1200, ge=0, description="What one user may ask for; 0 is no limit.")
    key_requests_per_minute: int = Field(default=1200, ge=0, description="What one API key may ask for; 0 is no limit.")
    admin_emails: str = Field(default="", description="Comma list of the operators' addresses.")
    frontend_base_urls: str = Field(
        default="", description="Comma list of origins that may call the API from a browser."
    )
    app_base_url: str = Field(default="http://localhost:8080", description="The web app's public address, for mails.")
    web_root: str = Field(default="", description="The folder of the built web app; without it only the API is served.")
    mail_smtp_url: SecretStr = Field(
        default=SecretStr(""), description="The mail server of Corofy's own mails; the sandbox's inbox by default."
    )
    sandbox_smtp_url: SecretStr = SecretStr("")
    mail_from: str = ""
    encryption_keys: SecretStr = Field(
        default=SecretStr(""),
        description="Comma list; seals the secrets of webhooks: the first seals, all of them open.",
    )
    ingest_url: str = "http://127.0.0.1:8001"
    enrich_url: str = "http://127.0.0.1:8002"
    billing_url: str = "http://127.0.0.1:8003"
    sender_url: str = "http://127.0.0.1:8004"

    @field_validator("auth_secret")
    @classmethod
    def _auth_secret_is_long(cls, value: SecretStr) -> SecretStr:
        return check_secret(value, name="AUTH_SECRET")

    @field_validator("encryption_keys")
    @classmethod
    def _encryption_keys_are_long(cls, value: SecretStr) -> SecretStr:
        secrets_in(value.get_secret_value())
        return value

    @field_validator("supabase_url")
    @classmethod
    def _supabase_url_is_one(cls, value: str) -> str:
        parts = urlsplit(value.rstrip("/"))
        if value and (parts.scheme not in {"https", "http"} or not parts.hostname or parts.query or parts.fragment):
            msg = "SUPABASE_URL must look like https://your-project.supabase.co"
            raise ValueError(msg)
        return value.rstrip("/").removesuffix("/auth/v1")

    @field_validator("supabase_anon_key")
    @classmethod
    def _supabase_anon_key_may_be_told(cls, value: str) -> str:
        if is_secret_key(value):
            msg = "SUPABASE_ANON_KEY must be the publishable (anon) key: this one opens everything, and browsers are told it"
            raise ValueError(msg)
        return value

    @field_validator("supabase_jwt_secret")
    @classmethod
    def _supabase_secret_is_one(cls, value: SecretStr) -> SecretStr:
        secret = value.get_secret_value().strip()
        if secret.startswith(("-----", "{", "ssh-")):
            msg = "SUPABASE_JWT_SECRET must be the legacy JWT secret, not a key: public keys are fetched from SUPABASE_URL"
            raise ValueError(msg)
        return check_secret(value, name="SUPABASE_JWT_SECRET") if secret else value

    @model_validator(mode="after")
    def _tokens_can_be_checked(self) -> "GatewaySettings":
        parts, named = urlsplit(self.supabase_url), split_list(self.supabase_jwt_algorithms)
        if self.env == "production" and parts.scheme == "http" and not _is_here(parts.hostname or ""):
            msg = "SUPABASE_URL must be https in production: whoever stood in between could hand out keys of their own"
            raise ValueError(msg)
        if unknown := [name for name in named if name not in {*ASYMMETRIC, SYMMETRIC}]:
            msg = f"SUPABASE_JWT_ALGORITHMS names {', '.join(unknown)}: choose from ES256, RS256, HS256"
            raise ValueError(msg)
        if SYMMETRIC in named and not self.supabase_jwt_secret.get_secret_value():
            msg = "SUPABASE_JWT_ALGORITHMS names HS256, which needs SUPABASE_JWT_SECRET"
            raise ValueError(msg)
        if (named or self.supabase_jwt_secret.get_secret_value()) and not self.supabase_url:
            msg = "SUPABASE_URL must be set with SUPABASE_JWT_SECRET or SUPABASE_JWT_ALGORITHMS: it names the issuer"
            raise ValueError(msg)
        return self

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
    def issuer(self) -> str:
        """What tokens name as their issuer: Supabase Auth's address, or our own."""
        return f"{self.supabase_url or self.app_base_url.rstrip('/')}/auth/v1"

    @property
    def token_algorithms(self) -> frozenset[str]:
        """What tokens may be signed with; HS256 only where a secret is shared."""
        if not self.supabase_url:
            return frozenset({SYMMETRIC})
        symmetric = {SYMMETRIC} if self.supabase_jwt_secret.get_secret_value() else set[str]()
        return frozenset(split_list(self.supabase_jwt_algorithms) or ASYMMETRIC | symmetric)

    @property
    def confirms_sign_ups(self) -> bool:
        """In production, where a mail can be sent, unless it is said otherwise."""
        usual = self.env == "production" and bool(self.mail_url)
        return usual if self.confirm_sign_ups is None else self.confirm_sign_ups

    @property
    def access_token_lifetime(self) -> timedelta:
        return timedelta(minutes=self.access_token_minutes)

    @property
    def ring(self) -> tuple[str, ...]:
        """The secrets of the ring that seals what webhooks are signed with, the newest first."""
        return secrets_in(self.encryption_keys.get_secret_value())

    @property
    def webhooks_reach_this_machine(self) -> bool:
        """Where the sandbox runs, a receiver may be tried on the same machine and without TLS. Never in production."""
        return bool(self.sandbox_url) and self.env != "production"

    @property
    def audit_lifetime(self) -> timedelta:
        return timedelta(days=self.audit_keep_days)

    @property
    def operators(self) -> frozenset[str]:
        """Addresses that may see the inside of services and grant credits."""
        return frozenset(split_list(self.admin_emails.lower()))

    @property
    def reserved(self) -> frozenset[str]:
        """Addresses that nobody can sign up with: their accounts are made on the server."""
        return self.operators if self.env == "production" else frozenset()

    @property
    def other_origins(self) -> list[str]:
        """What the web app asks besides ourselves: who signs people in, where that is somebody else."""
        parts = urlsplit(self.supabase_url)
        return [f"{parts.scheme}://{parts.netloc}"] if self.supabase_url else []

    @property
    def origins(self) -> list[str]:
        """Origins for CORS."""
        return split_list(self.frontend_base_urls)


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def split_list(value: str) -> list[str]:
    """The non-empty parts of a comma list."""
    return [part.strip() for part in value.split(",") if part.strip()]
