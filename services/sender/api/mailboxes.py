"""Mailboxes of a workspace: bring, change, try, pause, resume, take away, sign, examine."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query

from libs.common.errors import NotFound
from libs.common.http.dependencies import OpenUowDep, Uow
from libs.common.http.etags import NOT_MODIFIED, Guarded, Tagged
from libs.common.http.identity import AdminIdentity, CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.sender.api.resources import CurrentResources, Cursor, Limit, cut
from services.sender.domain.addresses import normalise
from services.sender.domain.mailboxes.mailbox import MailboxView
from services.sender.domain.mailboxes.presets import preset_of
from services.sender.repositories import mailboxes
from services.sender.schemas.mailbox_advice import PresetAnswer, PresetOut, ReportOut, TrialIn, TrialOut
from services.sender.schemas.mailboxes import Address, MailboxChangeIn, MailboxIn, MailboxOut, MailboxPage
from services.sender.use_cases.add_mailbox import add_mailbox
from services.sender.use_cases.change_mailbox import change_mailbox, own_mailbox
from services.sender.use_cases.delete_mailbox import delete_mailbox
from services.sender.use_cases.examine_mailbox import examine_mailbox
from services.sender.use_cases.limit_tries import limit_tries
from services.sender.use_cases.make_dkim_key import make_dkim_key
from services.sender.use_cases.pause_mailbox import pause_by_person
from services.sender.use_cases.prove_account import prove_key, prove_wish
from services.sender.use_cases.resume_mailbox import resume_mailbox
from services.sender.use_cases.try_mailbox import try_mailbox

router = APIRouter(prefix="/v1/mailboxes", tags=["mailboxes"], responses=PROBLEM_RESPONSES)

Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]


@router.get("")
async def list_mailboxes(
    identity: CurrentIdentity, uow: Uow, resources: CurrentResources, cursor: Cursor = None, limit: Limit = 50
) -> MailboxPage:
    """The workspace's own mailboxes and the installation's, newest first."""
    rows = await mailboxes.page(
        uow.conn,
        workspace_id=identity.workspace_id,
        shared_id=resources.mailbox_id,
        before=cursor,
        limit=limit + 1,
    )
    page, more = cut(rows, limit)
    return MailboxPage(items=[MailboxOut.of(row) for row in page], next_cursor=str(page[-1].id) if more else None)


@router.post("", status_code=201)
async def add(
    body: MailboxIn,
    identity: AdminIdentity,
    open_uow: OpenUowDep,
    resources: CurrentResources,
    idempotency_key: Key = None,
) -> MailboxOut:
    """Bring a mailbox. The same Idempotency-Key answers with the same one. Try it before a campaign does.

    A key is tried with its provider first. 409 `mailbox_exists`, `mailboxes_reached`, `idempotency_key_reused`,
    `sealing_off`, `key_refused` (with the provider's words), `account_unknown`; 422 `server_unsafe`, `server_malformed`,
    `account_malformed`, `api_key_missing`, `invalid_address`; 503 `mailbox_down`.
    """
    mailroom = resources.office.opener.mailroom
    wish = await prove_wish(body.to_wish(), mailroom=mailroom)
    async with open_uow() as uow:
        made = await add_mailbox(
            wish,
            uow=uow,
            workspace_id=identity.workspace_id,
            mailroom=mailroom,
            key=idempotency_key,
            now=await resources.clock(uow.conn),
        )
    return MailboxOut.of(made)


@router.get("/presets")
async def show_preset(
    _identity: CurrentIdentity, resources: CurrentResources, address: Annotated[Address, Query()]
) -> PresetAnswer:
    """How the host of an address is reached, by its domain or by who takes its mail. 422 invalid_address; 503 dns_away."""
    domain = normalise(address).rpartition("@")[2]
    found = preset_of(domain) or preset_of(domain, receivers=await resources.office.records.mx(domain))
    return PresetAnswer(preset=PresetOut.of(found) if found else None)


@router.get("/{mailbox_id}", responses=NOT_MODIFIED)
async def show(
    mailbox_id: UUID, identity: CurrentIdentity, uow: Uow, resources: CurrentResources, tag: Tagged
) -> MailboxOut:
    """One mailbox, with an `ETag`. 404 mailbox_not_found."""
    mine = None if mailbox_id == resources.mailbox_id else identity.workspace_id
    found = await mailboxes.load(uow.conn, mailbox_id, workspace_id=mine)
    if found is None:
        raise NotFound(f"there is no mailbox {mailbox_id}", code="mailbox_not_found")
    return tag.on(MailboxOut.of(found), settings=_settings(found))


@router.patch("/{mailbox_id}")
async def change(
    mailbox_id: UUID,
    body: MailboxChangeIn,
    identity: AdminIdentity,
    open_uow: OpenUowDep,
    resources: CurrentResources,
    guard: Guarded,
) -> MailboxOut:
    """Change what is given. With another server the password has to be given again; another key is tried first.

    404; 409 `signs_in_elsewhere`, `key_refused`; 412 `settings_changed` for an old `If-Match`; 422; 503 `mailbox_down`.
    """
    mailroom = resources.office.opener.mailroom
    if body.api_key is not None:
        async with open_uow() as uow:
            found = await own_mailbox(uow, mailbox_id, workspace_id=identity.workspace_id)
        await prove_key(found, body.api_key.get_secret_value(), mailroom=mailroom)
    async with open_uow() as uow:
        await guard.hold(uow)
        guard.check(_settings(await own_mailbox(uow, mailbox_id, workspace_id=identity.workspace_id)))
        changed = await change_mailbox(
            body.to_change(),
            uow=uow,
            mailbox_id=mailbox_id,
            workspace_id=identity.workspace_id,
            mailroom=mailroom,
            now=await resources.clock(uow.conn),
        )
    return guard.on(MailboxOut.of(changed), settings=_settings(changed))


def _settings(found: MailboxView) -> object:
    """What of it people change; how it fares changes by itself."""
    return MailboxOut.of(found).model_dump(mode="json", include={"name", "reply_to", "server", "daily_quota", "ramp"})


@router.delete("/{mailbox_id}", status_code=204)
async def remove(mailbox_id: UUID, identity: AdminIdentity, uow: Uow, resources: CurrentResources) -> None:
    """Take it away with its secrets. 409 `mailbox_in_use` while campaigns that are not finished send through it."""
    now = await resources.clock(uow.conn)
    await delete_mailbox(uow, mailbox_id, workspace_id=identity.workspace_id, now=now)


@router.post("/{mailbox_id}/test")
async def try_it(
    mailbox_id: UUID, body: TrialIn, identity: AdminIdentity, open_uow: OpenUowDep, resources: CurrentResources
) -> TrialOut:
    """Log in, and send one mail to an address of yours. Where it ended, and the server's word, are the answer.

    404 mailbox_not_found; 422 invalid_address; 429 mailbox_tried_too_often, with `Retry-After`.
    """
    async with open_uow() as uow:
        found = await own_mailbox(uow, mailbox_id, workspace_id=identity.workspace_id)
        now = await resources.clock(uow.conn)
        await limit_tries(uow, found, workspace_id=identity.workspace_id, what="trial", now=now)
    postal_address = resources.sender.postal_address
    return TrialOut.of(
        await try_mailbox(found, resources.office.opener, to=body.to, postal_address=postal_address, now=now)
    )


@router.post("/{mailbox_id}/pause")
async def pause(mailbox_id: UUID, identity: AdminIdentity, uow: Uow, resources: CurrentResources) -> MailboxOut:
    """Nothing begins through it after this answer; what is planned waits."""
    now = await resources.clock(uow.conn)
    return MailboxOut.of(await pause_by_person(uow, mailbox_id, workspace_id=identity.workspace_id, now=now))


@router.post("/{mailbox_id}/resume")
async def resume(mailbox_id: UUID, identity: AdminIdentity, uow: Uow) -> MailboxOut:
    """It may send again, whatever had paused it."""
    return MailboxOut.of(await resume_mailbox(uow, mailbox_id, workspace_id=identity.workspace_id))


@router.post("/{mailbox_id}/dkim")
async def sign(
    mailbox_id: UUID, identity: AdminIdentity, uow: Uow, resources: CurrentResources, anew: bool = False
) -> MailboxOut:
    """Make keys that its mail is signed with; `dkim_records` are to be published. `anew` makes others under another name."""
    made = await make_dkim_key(
        uow, mailbox_id, workspace_id=identity.workspace_id, mailroom=resources.office.opener.mailroom, anew=anew
    )
    return MailboxOut.of(made)


@router.get("/{mailbox_id}/doctor")
async def examine(
    mailbox_id: UUID,
    identity: CurrentIdentity,
    open_uow: OpenUowDep,
    resources: CurrentResources,
    again: bool = False,
) -> ReportOut:
    """SPF, DKIM, DMARC and MX of its domain, each with what to do. At most ten minutes old. 503 `dns_away`."""
    report = await examine_mailbox(
        mailbox_id, open_uow=open_uow, workspace_id=identity.workspace_id, records=resources.office.records, again=again
    )
    return ReportOut.of(report)
