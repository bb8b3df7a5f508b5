"""A person has come back from their provider with a code: it becomes tokens, and the tokens a mailbox. Claim, call, record."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from libs.common.errors import Conflict
from libs.common.ids import new_id
from libs.common.repeats import Recorder
from libs.common.uow import OpenUow, UnitOfWork
from services.sender.clients.mailroom import Mailroom
from services.sender.domain.entitlements import check_mailboxes
from services.sender.domain.mailboxes.consent import Consent, Grant, check_grant
from services.sender.domain.mailboxes.mailbox import MailboxView, Secrets, Server
from services.sender.domain.mailboxes.presets import preset_named, preset_of
from services.sender.repositories import consents, entitlements, mailbox_secrets, mailboxes
from services.sender.repositories.mailboxes import NewMailbox
from services.sender.repositories.workspaces import database_now
from services.sender.use_cases.ask_consent import OAuthDesk
from services.sender.use_cases.start_campaign import SENDER_WORK


@dataclass(frozen=True)
class Return:
    """What the provider gave the person to bring."""

    state: str = field(repr=False)
    code: str = field(repr=False)


async def take_consent(
    brought: Return,
    *,
    open_uow: OpenUow,
    workspace_id: UUID,
    desk: OAuthDesk,
    mailroom: Mailroom,
    record: Recorder[MailboxView] | None = None,
) -> MailboxView:
    """Key: the consent, which serves once, and only a member of the workspace that asked for it. `record` is called with the
    mailbox, in the transaction that makes it.

    So nobody can be led to connect their account to somebody else's workspace. Raises Invalid (state_invalid), Conflict
    (consent_over, consent_revoked, consent_incomplete, another_account, mailboxes_reached, mailbox_exists), Transient.
    """
    consent_id = desk.consent_of(brought.state)
    async with open_uow() as uow:
        now = await database_now(uow.conn)
        found = await consents.load(uow.conn, consent_id, workspace_id=workspace_id)
        if found is None or found[0].expires_at < now or not await consents.use(uow.conn, consent_id, now=now):
            msg = "this consent was used, is too old, or was asked for by another workspace: connect the mailbox again"
            raise Conflict(msg, code="consent_over")
    consent, sealed = found
    verifier = desk.ring.open_verifier(sealed, consent.id)
    grant = await desk.oauth.exchange(consent.provider, code=brought.code, verifier=verifier)
    check_grant(grant, consent)
    secrets = Secrets(
        refresh_token=grant.refresh_token,
        access_token=grant.access_token,
        access_until=now.timestamp() + grant.lives_s,
    )
    async with open_uow() as uow:
        made = await _connect(uow, consent, secrets, mailroom=mailroom, sandboxed=_sandboxed(desk, consent))
        uow.notify(SENDER_WORK)
        if record is not None:
            await record(uow, made)
    return made


async def _connect(
    uow: UnitOfWork, consent: Consent, secrets: Secrets, *, mailroom: Mailroom, sandboxed: bool
) -> MailboxView:
    await mailboxes.queue_for_adding(uow.conn, consent.workspace_id)
    known = await mailboxes.load_by_address(uow.conn, workspace_id=consent.workspace_id, address=consent.address)
    if known is not None:
        return await _connect_anew(uow, known, consent, secrets, mailroom=mailroom)
    allowed = await entitlements.mailboxes_of(uow.conn, consent.workspace_id)
    check_mailboxes(allowed, used=len(await mailboxes.own(uow.conn, consent.workspace_id)) + 1)
    mailbox_id = new_id()
    new = NewMailbox(
        id=mailbox_id,
        workspace_id=consent.workspace_id,
        provider="sandbox" if sandboxed else "smtp",
        address=consent.address,
        name=consent.name or consent.address,
        reply_to=None,
        server=_server(consent),
        sealed=mailroom.ring.seal(secrets, mailbox_id),
        daily_quota=None,
        ramp=None,
    )
    await mailboxes.add(uow.conn, new)
    made = await mailboxes.load(uow.conn, mailbox_id)
    assert made is not None, "it was just added, and nobody else adds to the workspace"
    return made


async def _connect_anew(
    uow: UnitOfWork, known: MailboxView, consent: Consent, secrets: Secrets, *, mailroom: Mailroom
) -> MailboxView:
    """Its DKIM keys stay. One that was paused for its login goes on."""
    sealed = await mailbox_secrets.load_sealed(uow.conn, known.id, lock=True)
    before = mailroom.ring.open(sealed, known.id) if sealed else Secrets()
    kept = Secrets(
        refresh_token=secrets.refresh_token,
        access_token=secrets.access_token,
        access_until=secrets.access_until,
        dkim_rsa=before.dkim_rsa,
        dkim_ed25519=before.dkim_ed25519,
    )
    await mailboxes.put_setting(uow.conn, known.id, "server", _server(consent).as_json)
    await mailbox_secrets.seal(uow.conn, known.id, mailroom.ring.seal(kept, known.id))
    if known.pause is None or known.pause.reason in {"login_refused", "consent_revoked"}:
        await mailboxes.resume(uow.conn, known.id)
    made = await mailboxes.load(uow.conn, known.id)
    assert made is not None
    return made


def _server(consent: Consent) -> Server:
    domain = consent.address.rpartition("@")[2]
    preset = preset_named(consent.provider, personal=preset_of(domain) is not None)
    return Server(preset.host, preset.port, preset.security, consent.address, consent.provider)


def _sandboxed(desk: OAuthDesk, consent: Consent) -> bool:
    return desk.oauth.app_of(consent.provider).sandboxed


def changed_grant(secrets: Secrets, grant: Grant, *, now: datetime) -> Secrets:
    """The secrets after a refresh. A provider that sends no fresh refresh token lets the old one live on."""
    return Secrets(
        password=secrets.password,
        refresh_token=grant.refresh_token or secrets.refresh_token,
        access_token=grant.access_token,
        access_until=now.timestamp() + grant.lives_s,
        dkim_rsa=secrets.dkim_rsa,
        dkim_ed25519=secrets.dkim_ed25519,
    )
