"""A part of a finished list arrives: its rows are stored, with what was corrected before, their people are known, and the
list is ready when all parts are in."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from libs.common.contracts.ingest import Recipient, RecipientsPublished
from libs.common.errors import Conflict, Invalid
from libs.common.uow import UnitOfWork
from services.sender import metrics
from services.sender.domain.addresses import normalise
from services.sender.domain.erased_words import addresses_in, name_without
from services.sender.domain.mail_domains import can_be_looked_up
from services.sender.domain.setting_aside import reason_of
from services.sender.repositories import corrections, erasures, leads, lists, mail_domains, recipients, suppressions
from services.sender.repositories.lists import ListRow, PartCounts
from services.sender.repositories.recipients import WORDS


async def import_recipients(event: RecipientsPublished, *, uow: UnitOfWork, workspace_id: UUID, now: datetime) -> None:
    """Parts may come in any order and more than once. Keys: (list, part), (list, row), (workspace, address).

    A deleted list takes none. Raises Conflict when the list is another workspace's or announces another number of parts.
    """
    await erasures.hold_off(uow.conn, workspace_id)
    name = await _name(event.list_name, uow=uow, workspace_id=workspace_id)
    found = await lists.open_list(
        uow.conn, list_id=event.list_id, workspace_id=workspace_id, name=name, parts=event.parts
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
    counts = await _add(event.recipients, uow=uow, found=found, workspace_id=workspace_id, now=now)
    await lists.count_part(uow.conn, event.list_id, parts=1, counts=counts, now=now)


async def _add(
    part: Sequence[Recipient], *, uow: UnitOfWork, found: ListRow, workspace_id: UUID, now: datetime
) -> PartCounts:
    rows = [_row(recipient, found.id, workspace_id) for recipient in part]
    await _empty_erased(rows, uow=uow, workspace_id=workspace_id)
    valid = [row for row in rows if row["set_aside"] is None]
    people = await leads.know(uow.conn, workspace_id=workspace_id, addresses=[str(row["email"]) for row in valid])
    await _set_aside(valid, uow=uow, keeps_roles=found.keeps_roles, workspace_id=workspace_id, now=now)
    for row in valid:
        row["lead_id"] = people[str(row["email"])]
    counts = await recipients.add(uow.conn, rows)
    for row in rows:
        if row["set_aside"] is not None:
            metrics.RECIPIENTS_SET_ASIDE.labels(row["set_aside"]).inc()
    await recipients.mark_duplicates(uow.conn, list_id=found.id, lead_ids=list(people.values()))
    more = await corrections.apply(uow.conn, found.id, [recipient.row_no for recipient in part])
    return replace(counts, sandboxed=counts.sandboxed + more)


async def _name(given: str, *, uow: UnitOfWork, workspace_id: UUID) -> str:
    """A list may be named after somebody, who may be erased by now."""
    named = addresses_in(given)
    if not named:
        return given
    erased = await suppressions.erased_among(uow.conn, workspace_id=workspace_id, emails=sorted(named))
    return name_without(given, erased)


async def _empty_erased(rows: Sequence[dict[str, object]], *, uow: UnitOfWork, workspace_id: UUID) -> None:
    """Of who is erased nothing is taken in again: the row keeps its number, and is set aside."""
    addresses = [str(row["email"]) for row in rows if row["set_aside"] is None]
    erased = await suppressions.erased_among(uow.conn, workspace_id=workspace_id, emails=addresses)
    for row in rows:
        stands_for = erased.get(str(row["email"]))
        if stands_for is not None:
            row |= dict.fromkeys(WORDS, "") | {"fields": {}, "email": stands_for, "set_aside": "suppressed"}


async def _set_aside(
    rows: Sequence[dict[str, object]], *, uow: UnitOfWork, keeps_roles: bool, workspace_id: UUID, now: datetime
) -> None:
    """Say of each row why it is not written to. Domains that nobody knows are looked up later: no import waits for that."""
    domains = {str(row["email"]): str(row["email"]).rpartition("@")[2] for row in rows if not row["sandboxed"]}
    await mail_domains.note(uow.conn, filter(can_be_looked_up, domains.values()), now=now)
    mute = await mail_domains.without_mail(uow.conn, domains.values())
    barred = await suppressions.suppressed_among(
        uow.conn, workspace_id=workspace_id, emails=[str(row["email"]) for row in rows]
    )
    for row in rows:
        address = str(row["email"])
        row["set_aside"] = reason_of(
            address,
            keeps_roles=keeps_roles,
            suppressed=address in barred,
            takes_no_mail=domains.get(address) in mute,
        )


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
        "fields": {name.replace("\0", ""): text.replace("\0", "") for name, text in recipient.fields.items()},
        "email": email.replace("\0", ""),
        "lead_id": None,
        "set_aside": set_aside,
        "list_id": list_id,
        "workspace_id": workspace_id,
    }
