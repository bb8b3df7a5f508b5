"""A part of a finished list arrives: its rows are stored, with what was corrected before, their people are known, and the
list is ready when all parts are in."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from libs.common.contracts.ingest import Recipient, RecipientsPublished
from libs.common.errors import Conflict, Invalid
from libs.common.uow import UnitOfWork
from services.sender.domain.addresses import normalise
from services.sender.repositories import corrections, leads, lists, recipients
from services.sender.repositories.lists import PartCounts


async def import_recipients(event: RecipientsPublished, *, uow: UnitOfWork, workspace_id: UUID, now: datetime) -> None:
    """Parts may come in any order and more than once. Keys: (list, part), (list, row), (workspace, address).

    A deleted list takes none. Raises Conflict when the list is another workspace's or announces another number of parts.
    """
    found = await lists.open_list(
        uow.conn, list_id=event.list_id, workspace_id=workspace_id, name=event.list_name, parts=event.parts
    )
    if found == "deleted":
        return
    if found == "mismatch":
        msg = f"list {event.list_id} is known with another workspace or another number of parts than {event.parts}"
        raise Conflict(msg, code="list_mismatch")
    if event.parts == 0:
        await lists.count_part(uow.conn, event.list_id, parts=0, counts=PartCounts(0, 0), now=now)
        return
    if event.part_no >= event.parts:
        msg = f"part {event.part_no} of list {event.list_id} is beyond its {event.parts} parts"
        raise Conflict(msg, code="list_mismatch")
    if not await lists.add_part(uow.conn, list_id=event.list_id, part_no=event.part_no):
        return
    counts = await _add(event.recipients, uow=uow, list_id=event.list_id, workspace_id=workspace_id)
    await lists.count_part(uow.conn, event.list_id, parts=1, counts=counts, now=now)


async def _add(part: Sequence[Recipient], *, uow: UnitOfWork, list_id: UUID, workspace_id: UUID) -> PartCounts:
    rows = [_row(recipient, list_id, workspace_id) for recipient in part]
    valid = [str(row["email"]) for row in rows if row["set_aside"] is None]
    people = await leads.know(uow.conn, workspace_id=workspace_id, addresses=valid)
    for row in rows:
        row["lead_id"] = people[str(row["email"])] if row["set_aside"] is None else None
    counts = await recipients.add(uow.conn, rows)
    await recipients.mark_duplicates(uow.conn, list_id=list_id, lead_ids=list(people.values()))
    more = await corrections.apply(uow.conn, list_id, [recipient.row_no for recipient in part])
    return replace(counts, sandboxed=counts.sandboxed + more)


def _row(recipient: Recipient, list_id: UUID, workspace_id: UUID) -> dict[str, object]:
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
