"""A person brings a file of addresses and domains that are not to be written to."""

from dataclasses import dataclass
from uuid import UUID

from libs.common.uow import OpenUow
from services.sender.domain.suppressing import Suppression
from services.sender.domain.suppression_files import read_targets
from services.sender.repositories import suppressions, take_backs

_BATCH = 1000


@dataclass(frozen=True)
class ImportedSuppressions:
    """`known` were suppressed before. `bad` are lines that are neither address nor domain, each with its problem."""

    added: int
    known: int
    bad: list[tuple[int, str]]


async def import_suppressions(
    content: bytes, *, open_uow: OpenUow, workspace_id: UUID | None, note: str, made_by: UUID
) -> ImportedSuppressions:
    """In batches, each holding as soon as it is committed; a second time adds nothing. Raises Invalid as read_targets."""
    found = read_targets(content)
    added = 0
    for start in range(0, len(found.targets), _BATCH):
        batch = [
            Suppression(workspace_id, target, "imported", note=note, made_by=made_by)
            for target in found.targets[start : start + _BATCH]
        ]
        async with open_uow() as uow:
            added += await suppressions.add(uow.conn, batch)
            await take_backs.ask(uow.conn, workspace_id=workspace_id, targets=[one.target for one in batch])
    return ImportedSuppressions(added, len(found.targets) - added, found.bad)
