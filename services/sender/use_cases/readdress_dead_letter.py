"""A person puts the right address into a dead letter; it is replayed afterwards."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from libs.common.errors import Conflict, NotFound
from libs.common.uow import UnitOfWork
from services.sender.domain.addresses import normalise
from services.sender.domain.places import Place
from services.sender.repositories import dead_letters, erasures, leads, recipients, suppressions, workspaces
from services.sender.repositories.dead_letters import DeadLetter, Which
from services.sender.use_cases.enrol_page import place_of_recipient


async def readdress_dead_letter(
    uow: UnitOfWork, *, workspace_id: UUID, email_id: UUID, address: str, made_by: UUID, now: datetime
) -> DeadLetter:
    """The list keeps its row as it came; where only the old address told where the person is, the new one does.

    Raises NotFound `dead_letter_not_found`; Invalid `invalid_address`; Conflict `dead_letter_closed`, `erased`,
    `dead_letter_busy`, `already_in_campaign` (the campaign writes to that person in another row).
    """
    # Two that put in the same address, or a replay meanwhile, would both find it free.
    await workspaces.queue_for_start(uow.conn, workspace_id)
    # Before the letter is locked, as an erasure locks letters after this.
    await erasures.hold_off(uow.conn, workspace_id)
    which = Which(workspace_id, email_id=email_id)
    letter = await open_letter(uow, which)
    wanted = normalise(address)
    if wanted == letter.recipient:
        return letter
    if await suppressions.erased_among(uow.conn, workspace_id=workspace_id, emails=[wanted]):
        msg = "who has this address asked to be forgotten: nobody writes to it any more"
        raise Conflict(msg, code="erased")
    lead_id = (await leads.know(uow.conn, workspace_id=workspace_id, addresses=[wanted]))[wanted]
    place = await _place(uow, letter, workspace_id=workspace_id, address=wanted)
    if not await dead_letters.readdress(uow.conn, letter, address=wanted, lead_id=lead_id, place=place):
        msg = f"the campaign {letter.campaign_name!r} has {wanted} in another row: discard this one"
        raise Conflict(msg, code="already_in_campaign")
    detail = {"email_before": letter.recipient, "email": wanted}
    await dead_letters.note_edit(uow.conn, email_id, detail=detail, made_by=made_by, now=now)
    return (await dead_letters.find(uow.conn, which, limit=1))[0]


async def _place(uow: UnitOfWork, letter: DeadLetter, *, workspace_id: UUID, address: str) -> Place | None:
    """By the list's row with this address. None: the row is gone, and with it what could be sent."""
    row = await recipients.load(uow.conn, letter.recipient_id) if letter.recipient_id else None
    workspace = await workspaces.load_workspace(uow.conn, workspace_id)
    if row is None or workspace is None:
        return None
    return place_of_recipient(replace(row, email=address), fallback_zone=workspace.time_zone)


async def open_letter(uow: UnitOfWork, which: Which) -> DeadLetter:
    """The one dead letter that is meant, locked. Raises NotFound; Conflict when it is closed, or in somebody's hands."""
    found = await dead_letters.find(uow.conn, which, limit=1, lock=True)
    if not found:
        if await dead_letters.find(uow.conn, which, limit=1):
            msg = f"somebody is just deciding about dead letter {which.email_id}: look again"
            raise Conflict(msg, code="dead_letter_busy")
        raise NotFound(f"there is no dead letter {which.email_id}", code="dead_letter_not_found")
    if found[0].state != "open":
        msg = f"dead letter {which.email_id} was {found[0].state} already"
        raise Conflict(msg, code="dead_letter_closed", extra={"state": found[0].state})
    return found[0]
