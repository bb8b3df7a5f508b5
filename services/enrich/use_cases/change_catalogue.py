"""Change a workspace's catalogue: each change makes a version that is never changed again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson

from libs.common.errors import Conflict, Invalid, PreconditionFailed, pointer
from libs.common.uow import UnitOfWork
from services.enrich.domain.products.catalogue import Catalogue, Fault, faults_of
from services.enrich.domain.products.catalogue_edits import Edited
from services.enrich.domain.products.catalogue_json import to_json
from services.enrich.repositories import catalogues
from services.enrich.repositories.catalogues import Click, SavedVersion

MAX_BYTES = 1_048_576
"""Of a version as it is stored: each change writes the whole of it."""


@dataclass(frozen=True)
class Asked:
    """Who wants a change. `expected` is the version it was made on, None where that does not matter."""

    workspace_id: UUID
    user_id: UUID
    expected: int | None = None
    click: Click | None = None


async def change_catalogue(
    edit: Callable[[Catalogue], Edited], asked: Asked, *, uow: UnitOfWork
) -> SavedVersion | None:
    """The catalogue after the edit; the same as before, and no new version, when the edit changes nothing.

    Natural key: (workspace, idempotency key): the second of the same clicks answers with the catalogue as it is. Raises
    what the edit raises; PreconditionFailed `catalogue_changed` when another version than `expected` is there; Invalid
    `catalogue_invalid` with every fault and where it is; Conflict `idempotency_key_reused`.
    """
    await catalogues.lock(uow.conn, asked.workspace_id)
    present = await catalogues.newest(uow.conn, asked.workspace_id)
    if asked.click is not None and await _is_done(uow, asked.workspace_id, asked.click):
        return present
    version = present.about.version if present else 0
    if asked.expected is not None and asked.expected != version:
        raise _changed(asked.expected, present)
    before = present.catalogue if present else Catalogue()
    edited = edit(before)
    if edited.catalogue == before:
        return present
    check_catalogue(edited.catalogue)
    return await catalogues.add(
        uow.conn,
        asked.workspace_id,
        version=version + 1,
        catalogue=edited.catalogue,
        change=edited.change,
        made_by=asked.user_id,
        click=asked.click,
    )


def check_catalogue(catalogue: Catalogue) -> None:
    """Raises Invalid `catalogue_invalid`, with a JSON pointer (RFC 6901) to each fault."""
    faults = faults_of(catalogue)
    size = len(orjson.dumps(to_json(catalogue)))
    if size > MAX_BYTES:
        faults.append(Fault((), f"the catalogue has {size} bytes as JSON: at most {MAX_BYTES} are allowed"))
    if faults:
        raise refusal(faults)


def refusal(faults: Sequence[Fault]) -> Invalid:
    """All faults in one answer, as the other refusals of the API have them."""
    errors = [{"where": ".".join(map(str, one.path)), "pointer": pointer(one.path), "what": one.what} for one in faults]
    detail = "; ".join(f"{one['where']}: {one['what']}" if one["where"] else one["what"] for one in errors[:20])
    more = f"; and {len(errors) - 20} more" if len(errors) > 20 else ""
    return Invalid(detail + more, code="catalogue_invalid", extra={"errors": errors})


async def _is_done(uow: UnitOfWork, workspace_id: UUID, click: Click) -> bool:
    known = await catalogues.under(uow.conn, workspace_id, click.key)
    if known is None:
        return False
    version, fingerprint = known
    if fingerprint != click.fingerprint:
        msg = f"idempotency key {click.key!r} was used for another change (version {version}): take a new key"
        raise Conflict(msg, code="idempotency_key_reused", extra={"version": version})
    return True


def _changed(expected: int, present: SavedVersion | None) -> PreconditionFailed:
    version = present.about.version if present else 0
    said = f"the catalogue is at version {version}, not {expected}"
    by = f": {present.about.change!r} was done meanwhile" if present and version > expected else ""
    msg = f"{said}{by}. Read it again and repeat your change on it"
    return PreconditionFailed(msg, code="catalogue_changed", extra={"version": version})
