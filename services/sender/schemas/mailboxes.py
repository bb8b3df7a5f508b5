"""Mailboxes as the HTTP edge takes and shows them. What they sign in with is taken and never shown."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, SecretStr, StringConstraints

from services.sender.domain.mailboxes.account import HANDING_OVER, ApiAccount
from services.sender.domain.mailboxes.mailbox import MailboxView, Provider, Server
from services.sender.schemas.base import Body, ShortText
from services.sender.use_cases.add_mailbox import MailboxWish
from services.sender.use_cases.change_mailbox import KEPT, MailboxChange
from services.sender.use_cases.make_dkim_key import records_of

Address = Annotated[str, StringConstraints(min_length=3, max_length=320, pattern=r"^[^\x00]*$")]
Password = Annotated[SecretStr, Field(min_length=1, max_length=1000)]
Quota = Annotated[int, Field(ge=1, le=100_000)]


class ServerIn(Body):
    """The mail server. `security`: `tls` from the first byte (465), `starttls` (587), `none` in development only."""

    host: ShortText
    port: Annotated[int, Field(ge=1, le=65535)]
    security: Literal["tls", "starttls", "none"] = "tls"
    user: ShortText | None = None

    def to_server(self) -> Server:
        return Server(self.host, self.port, self.security, self.user)


class RampIn(Body):
    """`start` mails on the first day, `step` more on each day after, up to the daily quota."""

    start: Quota
    step: Quota


class AccountIn(Body):
    """Of Mailgun, the sending domain (by default the address's) and region; of Instantly, the connected mailboxes to send
    from (by default the address)."""

    domain: ShortText | None = None
    region: Literal["us", "eu"] = "us"
    accounts: Annotated[list[Address], Field(max_length=100)] = []

    def to_account(self) -> ApiAccount:
        return ApiAccount(self.domain or "", self.region, tuple(self.accounts))


class MailboxIn(Body):
    """A mailbox to send through. Google and Microsoft are connected by `/v1/mailboxes/oauth/start` instead.

    SendGrid, Mailgun and Instantly take an `api_key`; without one they are the sandbox's, where there is a sandbox.
    """

    provider: Provider = "smtp"
    address: Address
    name: ShortText
    reply_to: Address | None = None
    server: ServerIn | None = None
    password: Password | None = None
    api_key: Password | None = None
    account: AccountIn | None = None
    daily_quota: Quota | None = None
    ramp: RampIn | None = None

    def to_wish(self) -> MailboxWish:
        return MailboxWish(
            address=self.address,
            name=self.name,
            provider=self.provider,
            reply_to=self.reply_to,
            server=self.server.to_server() if self.server else None,
            password=self.password.get_secret_value() if self.password else "",
            account=self.account.to_account() if self.account else None,
            api_key=self.api_key.get_secret_value() if self.api_key else "",
            daily_quota=self.daily_quota,
            ramp=(self.ramp.start, self.ramp.step) if self.ramp else None,
        )


class MailboxChangeIn(Body):
    """What is left out stays; null takes a Reply-To, a quota or a ramp away."""

    name: ShortText | None = None
    reply_to: Address | None = None
    server: ServerIn | None = None
    password: Password | None = None
    api_key: Password | None = None
    daily_quota: Quota | None = None
    ramp: RampIn | None = None

    def to_change(self) -> MailboxChange:
        given = self.model_fields_set
        ramp = (self.ramp.start, self.ramp.step) if self.ramp else None
        return MailboxChange(
            name=self.name if self.name is not None else KEPT,
            reply_to=self.reply_to if "reply_to" in given else KEPT,
            server=self.server.to_server() if self.server else KEPT,
            password=self.password.get_secret_value() if self.password else KEPT,
            api_key=self.api_key.get_secret_value() if self.api_key else KEPT,
            daily_quota=self.daily_quota if "daily_quota" in given else KEPT,
            ramp=ramp if "ramp" in given else KEPT,
        )


class ServerOut(BaseModel):
    """Where it hands mail over, and how it signs in."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    user: str | None
    signs_in_with: Literal["password", "google", "microsoft", "nothing"]


class AccountOut(BaseModel):
    """The account at a provider with an API."""

    domain: str
    region: Literal["us", "eu"]
    accounts: list[str]


class RampOut(BaseModel):
    """How its quota grows."""

    start: int
    step: int
    started: date


class DnsRecordOut(BaseModel):
    """A TXT record to publish."""

    name: str
    value: str


class MailboxOut(BaseModel):
    """A mailbox. `shared` is the installation's own, which serves every workspace and cannot be changed here."""

    id: UUID
    provider: Provider
    address: str
    name: str
    reply_to: str | None
    shared: bool
    sandboxed: bool
    server: ServerOut | None
    account: AccountOut | None
    hand_over: bool
    dkim_records: list[DnsRecordOut]
    daily_quota: int | None
    ramp: RampOut | None
    state: Literal["active", "paused"]
    paused_reason: str | None
    paused_detail: str | None
    paused_at: datetime | None
    trouble: str | None
    rests_until: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, view: MailboxView) -> "MailboxOut":
        shared = view.workspace_id is None
        server = None if view.server is None or shared else ServerOut(**view.server.as_json)
        records = records_of(view.dkim, domain=view.domain) if view.dkim else []
        return cls(
            id=view.id,
            provider=view.provider,
            address=view.address,
            name=view.name,
            reply_to=view.reply_to,
            shared=shared,
            sandboxed=view.sandboxed,
            server=server,
            account=AccountOut(**view.account.as_json) if view.account else None,
            hand_over=view.provider in HANDING_OVER,
            dkim_records=[DnsRecordOut(name=one.name, value=one.value) for one in records],
            daily_quota=view.daily_quota,
            ramp=RampOut(start=view.ramp.start, step=view.ramp.step, started=view.ramp.started) if view.ramp else None,
            state="paused" if view.pause else "active",
            paused_reason=view.pause.reason if view.pause else None,
            paused_detail=view.pause.detail if view.pause else None,
            paused_at=view.pause.since if view.pause else None,
            trouble=view.trouble,
            rests_until=view.retry_at,
            created_at=view.created_at,
        )


class MailboxPage(BaseModel):
    """Newest first."""

    items: list[MailboxOut]
    next_cursor: str | None
