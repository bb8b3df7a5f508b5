"""Give an upload its mapping, remember it for the workspace, and have the rows checked under it."""

from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from libs.common.contracts.ingest import UploadMapped
from libs.common.uow import UnitOfWork
from services.ingest.domain.header_words import Role
from services.ingest.domain.mapping import ColumnFacts, is_memorable, normalise, suggest
from services.ingest.domain.specs import check_mapping
from services.ingest.domain.uploads import Reading, Upload
from services.ingest.repositories import mappings, uploads

_PERSON = "person"


async def map_upload(uow: UnitOfWork, upload_id: UUID, *, workspace_id: UUID, mapping: Mapping[str, int]) -> Upload:
    """Store the mapping (role → column index) a person chose, remember it, have it checked; the upload as it is then.

    The mapping that is there already is only remembered, unless checking the rows under it has failed.

    Raises NotFound, Conflict `upload_not_ready`, Invalid (`mapping_invalid`, or the code of the file's refusal).
    """
    await mappings.lock_mapping(uow.conn, upload_id, workspace_id=workspace_id)
    upload = await uploads.load_upload(uow.conn, workspace_id, upload_id)
    reading = upload.require_reading()
    check_mapping(mapping, columns=len(reading.columns))
    chosen = cast("Mapping[Role, int]", mapping)
    await remember_mapping(uow, reading.columns, workspace_id=workspace_id, mapping=chosen)
    if dict(chosen) == dict(reading.mapping) and "failed" not in (upload.findings or {}):
        return upload
    await _save(uow, upload_id, workspace_id=workspace_id, mapping=chosen, by=dict.fromkeys(chosen, _PERSON))
    return await uploads.load_upload(uow.conn, workspace_id, upload_id)


async def remember_mapping(
    uow: UnitOfWork, columns: Sequence[Mapping[str, Any]], *, workspace_id: UUID, mapping: Mapping[Role, int]
) -> None:
    """Note for the workspace's next uploads which header plays which role, and which headers play none.

    `columns` are `Reading.columns`. Of two columns with one header the one that plays a role counts.
    """
    role_of: dict[int, Role] = {index: role for role, index in mapping.items()}
    roles: dict[str, Role | None] = {}
    for column in columns:
        header, role = normalise(column["name"]), role_of.get(column["index"])
        if is_memorable(header) and (role is not None or header not in roles):
            roles[header] = role
    await mappings.remember(uow.conn, workspace_id, roles)


async def suggest_by_memory(uow: UnitOfWork, upload_id: UUID, *, workspace_id: UUID, reading: Reading) -> None:
    """The mapping of an upload that has just been read: what the workspace did before comes first. Has it checked."""
    facts = [_facts(column, reading.sample) for column in reading.columns]
    memory = await mappings.recall(uow.conn, workspace_id, (normalise(column.name) for column in facts))
    suggestion = suggest(facts, memory=memory)
    # The reader has seen more rows than the sample has: without a memory its word stands.
    mapping = suggestion.mapping if memory else cast("dict[Role, int]", dict(reading.mapping))
    by: dict[Role, str] = {role: suggestion.by.get(role, "values") for role in mapping}
    await _save(uow, upload_id, workspace_id=workspace_id, mapping=mapping, by=by)


async def _save(
    uow: UnitOfWork, upload_id: UUID, *, workspace_id: UUID, mapping: Mapping[Role, int], by: Mapping[Role, str]
) -> None:
    check_no = await mappings.save_mapping(uow.conn, upload_id, mapping=mapping, suggested_by=by)
    event = UploadMapped(upload_id=upload_id, check_no=check_no)
    uow.publish(event, tenant_id=workspace_id, correlation_id=upload_id)


def _facts(column: Mapping[str, Any], sample: Sequence[Sequence[object]]) -> ColumnFacts:
    index = column["index"]
    values = [str(row[index]) for row in sample if index < len(row) and row[index] is not None]
    return ColumnFacts(column["name"], column["type"], values)
