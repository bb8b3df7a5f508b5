"""A part of a finished list arrives: its leads are stored, with what was corrected before, and the list is ready when all
parts are in."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from libs.common.contracts.ingest import Recipient, RecipientsPublished
from libs.common.errors import Conflict, Invalid
from libs.common.uow import UnitOfWork
from services.sender.domain.addresses import normalise
from services.sender.repositories import corrections, lists


async def import_recipients(event: RecipientsPublished, *, uow: UnitOfWork, workspace_id: UUID, now: datetime) -> None:
    """Parts may come in any order and more than once. Keys: (list, part), (list, row).

    Raises Conflict when the list is another workspace's or announces another number of parts.
    """
    same = await lists.open_list(
        uow.conn, list_id=event.list_id, workspace_id=workspace_id, name=event.list_name, parts=event.parts
    )
    if not same:
        msg = f"list {event.list_id} is known with another workspace or another number of parts than {event.parts}"
        raise Conflict(msg, code="list_mismatch")
    if event.parts == 0:
        await lists.count_part(uow.conn, event.list_id, parts=0, counts=lists.PartCounts(0, 0, 0), now=now)
        return
    if event.part_no >= event.parts:
        msg = f"part {event.part_no} of list {event.list_id} is beyond its {event.parts} parts"
        raise Conflict(msg, code="list_mismatch")
    if not await lists.add_part(uow.conn, list_id=event.list_id, part_no=event.part_no):
        return
    rows = [_lead(recipient, event.list_id, workspace_id) for recipient in event.recipients]
    counts = await lists.add_leads(uow.conn, rows)
    more = await corrections.apply(uow.conn, event.list_id, [recipient.row_no for recipient in event.recipients])
    counts = replace(counts, sandboxed=counts.sandboxed + more)
    await lists.count_part(uow.conn, event.list_id, parts=1, counts=counts, now=now)


def _lead(recipient: Recipient, list_id: UUID, workspace_id: UUID) -> dict[str, object]:
    email, set_aside = recipient.email.strip().lower(), None
    try:
        email = normalise(recipient.email)
    except Invalid as error:
        set_aside = error.code
    return {
        **{name: value.replace("\0", "") for name, value in recipient if isinstance(value, str)},
        "row_no": recipient.row_no,
        "sandboxed": recipient.sandboxed,
        "email": email.replace("\0", ""),
        "set_aside": set_aside,
        "list_id": list_id,
        "workspace_id": workspace_id,
    }
