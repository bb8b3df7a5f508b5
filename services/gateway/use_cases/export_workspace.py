"""A whole workspace as one ZIP archive, written while it is read: whatever its size, little of it is in memory."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from libs.common.errors import Transient
from services.gateway.domain.archive import Archive
from services.gateway.domain.told_lines import ToldLines

README = """This is everything that Corofy has of a workspace, but for its secrets.

<service>/<table>.ndjson  a row in each line, as JSON
ingest/uploads/<id>/      the files that were uploaded, as they came
manifest.json             how many rows each file has. It comes last: an archive without it is not whole.

Passwords, API keys and the keys of providers and mailboxes are in no export.
"""

Source = AsyncIterator[bytes]
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069<>:"|?*]')
"""What file systems take for something else, or shows a name as another."""
OpenFile = Callable[[UUID], Awaitable[Source | None]]
"""The bytes of an upload; None for one whose file is not there."""


@dataclass
class Written:
    """What the manifest says."""

    rows: dict[str, int] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)
    without_a_file: list[str] = field(default_factory=list)


async def export_workspace(
    workspace_id: UUID, sources: Mapping[str, Source], *, open_file: OpenFile, now: datetime
) -> AsyncGenerator[bytes]:
    """The archive, piece by piece. Raises Transient `export_broken_off` when a service ends before it has told everything:
    the archive then has no end either."""
    archive = Archive(made_at=now.timetuple()[:6])
    try:
        async for piece in _pieces(archive, workspace_id, sources, open_file=open_file, now=now):
            yield piece
    finally:
        archive.let_go()


async def _pieces(
    archive: Archive, workspace_id: UUID, sources: Mapping[str, Source], *, open_file: OpenFile, now: datetime
) -> AsyncIterator[bytes]:
    written = Written()
    yield archive.begin("README.txt") + archive.add(README.encode())
    uploads = list[tuple[UUID, str]]()
    for service, source in sources.items():
        async for piece in _told(service, source, archive=archive, written=written, uploads=uploads):
            yield piece
    for upload_id, filename in uploads:
        async for piece in _file(upload_id, filename, archive=archive, written=written, open_file=open_file):
            yield piece
    manifest = {
        "workspace_id": str(workspace_id),
        "exported_at": now.isoformat(),
        "rows": written.rows,
        "files": written.files,
        "uploads_without_a_file": written.without_a_file,
    }
    yield archive.begin("manifest.json") + archive.add(json.dumps(manifest, indent=2).encode())
    yield archive.end()


async def _told(
    service: str, source: Source, *, archive: Archive, written: Written, uploads: list[tuple[UUID, str]]
) -> AsyncIterator[bytes]:
    lines, name = ToldLines(), ""
    async for data in source:
        for kind, said in lines.read(data):
            if kind == "table":
                name = f"{service}/{said.decode()}.ndjson"
                written.rows[name] = 0
                yield archive.begin(name)
            elif kind == "rows":
                written.rows[name] += said.count(b"\n")
                if name == "ingest/uploads.ndjson":
                    uploads += [(UUID(row["id"]), row["filename"]) for row in map(json.loads, said.splitlines())]
                # Compressing takes longer than other requests may wait.
                yield await asyncio.to_thread(archive.add, said)
    if not lines.is_whole:
        msg = f"{service} ended before it had told everything: ask for the export again"
        raise Transient(msg, code="export_broken_off")


async def _file(
    upload_id: UUID, filename: str, *, archive: Archive, written: Written, open_file: OpenFile
) -> AsyncIterator[bytes]:
    source = await open_file(upload_id)
    if source is None:
        written.without_a_file.append(str(upload_id))
        return
    name = f"ingest/uploads/{upload_id}/{_safe(filename)}"
    written.files[name] = 0
    yield archive.begin(name)
    async for data in source:
        written.files[name] += len(data)
        yield await asyncio.to_thread(archive.add, data)


def _safe(filename: str) -> str:
    """No path of its own: what unpacks it must not be led elsewhere."""
    name = filename.replace("\\", "/").rpartition("/")[2]
    return _NOT_IN_NAMES.sub("_", name).strip(". ") or "file"
