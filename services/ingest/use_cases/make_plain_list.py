"""A person makes a list of an upload as it is: its rows can be written to without research, and nothing is charged."""

from uuid import UUID

from libs.common.contracts.ingest import RecipientsPublished
from libs.common.errors import Conflict, Invalid
from libs.common.ids import new_id
from libs.common.uow import UnitOfWork
from services.ingest import metrics
from services.ingest.domain.plain_lists import PlainList, PlainListRequest
from services.ingest.domain.recipients import parts_of
from services.ingest.domain.specs import check_mapping
from services.ingest.repositories import plain_lists, uploads


async def make_plain_list(
    uow: UnitOfWork, request: PlainListRequest, *, workspace_id: UUID, idempotency_key: str
) -> PlainList:
    """One list per (workspace, idempotency key): the second click answers with the first one's list as it is then.

    Its parts are published after. Raises NotFound `unknown_upload`; Conflict `upload_not_ready`,
    `idempotency_key_reused` for another request under the key; Invalid for a refused upload or a wrong mapping,
    `email_column_missing`.
    """
    known = await _repeated(uow, request, workspace_id=workspace_id, key=idempotency_key)
    if known is not None:
        return known
    await uploads.hold_for_job(uow.conn, request.upload_id)
    upload = await uploads.load_upload(uow.conn, workspace_id, request.upload_id)
    reading = upload.require_reading()
    mapping = dict(reading.mapping if request.mapping is None else request.mapping)
    check_mapping(mapping, columns=len(reading.columns))
    if "email" not in mapping:
        msg = "no column of the upload has the role email: map one, a list is written to by its addresses"
        raise Invalid(msg, code="email_column_missing")
    new = PlainList(
        id=new_id(),
        workspace_id=workspace_id,
        upload_id=upload.id,
        name=request.name or upload.filename,
        mapping=mapping,
        sandboxed=upload.sandboxed,
        rows_total=reading.row_count,
        parts=parts_of(await plain_lists.count_chunks(uow.conn, upload.id)),
    )
    if not await plain_lists.add(uow.conn, new, key=idempotency_key, fingerprint=request.fingerprint):
        known = await _repeated(uow, request, workspace_id=workspace_id, key=idempotency_key)
        assert known is not None, "lists keep their key"
        return known
    metrics.PLAIN_LISTS.labels("taken").inc()
    if new.parts == 0:
        metrics.PLAIN_LISTS.labels("published").inc()
        empty = RecipientsPublished(list_id=new.id, list_name=new.name, part_no=0, parts=0, recipients=[])
        uow.publish(empty, tenant_id=workspace_id, correlation_id=new.id)
    return new


async def _repeated(uow: UnitOfWork, request: PlainListRequest, *, workspace_id: UUID, key: str) -> PlainList | None:
    found = await plain_lists.find_by_key(uow.conn, workspace_id=workspace_id, key=key)
    if found is None:
        return None
    known, first = found
    if first != request.fingerprint:
        msg = f"idempotency key {key!r} was used for another request (list {known.id}): take a new key for a new list"
        raise Conflict(msg, code="idempotency_key_reused", extra={"list_id": str(known.id)})
    return known
