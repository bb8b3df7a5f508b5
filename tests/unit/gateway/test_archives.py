"""A workspace's archive: written while it is read, whole or visibly not."""

import io
import json
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.errors import Transient
from libs.common.ids import new_id
from services.gateway.domain.told_lines import ToldLines
from services.gateway.use_cases.export_workspace import export_workspace

NOW = datetime(2026, 11, 28, 12, 0, 1, tzinfo=UTC)
WORKSPACE = UUID(int=7)


async def stream(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def no_file(upload_id: UUID) -> None:
    del upload_id


async def written(**sources: AsyncIterator[bytes]) -> zipfile.ZipFile:
    pieces = [piece async for piece in export_workspace(WORKSPACE, sources, open_file=no_file, now=NOW)]
    return zipfile.ZipFile(io.BytesIO(b"".join(pieces)))


async def test_an_archive_has_a_file_for_each_table_and_says_last_how_many_rows_there_are() -> None:
    """Red when rows stand in another table's file, are lost, or the manifest is not the last."""
    told = await written(
        ingest=stream(b"#jobs\n", b'{"a":1}\n{"a"', b":2}\n#empty\n#", b"\n"), sender=stream(b"#jobs\n#\n")
    )
    assert told.testzip() is None
    assert told.read("ingest/jobs.ndjson") == b'{"a":1}\n{"a":2}\n'
    assert told.namelist()[-1] == "manifest.json"
    manifest = json.loads(told.read("manifest.json"))
    assert manifest["rows"] == {"ingest/jobs.ndjson": 2, "ingest/empty.ndjson": 0, "sender/jobs.ndjson": 0}


async def test_what_a_service_did_not_tell_to_the_end_is_no_archive() -> None:
    """Red when a service that dies in the middle leaves an archive that opens."""
    pieces: list[bytes] = []
    archive = export_workspace(WORKSPACE, {"ingest": stream(b"#jobs\n{}\n")}, open_file=no_file, now=NOW)

    async def take() -> None:
        async for piece in archive:
            pieces.append(piece)  # noqa: PERF401 - it raises on the way

    with pytest.raises(Transient, match="ingest ended before"):
        await take()
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(b"".join(pieces)))


async def test_much_of_an_archive_is_out_before_all_of_it_is_read() -> None:
    """Red when rows are gathered before they are handed on: the memory would grow with the workspace."""
    read, page = 0, b'{"research":"%d"}\n' % 10**15 * 1000

    async def many() -> AsyncIterator[bytes]:
        nonlocal read
        yield b"#results\n"
        for _ in range(300):
            read += 1
            yield page
        yield b"#\n"

    largest, early = 0, 0
    async for piece in export_workspace(WORKSPACE, {"ingest": many()}, open_file=no_file, now=NOW):
        largest = max(largest, len(piece))
        early += len(piece) if read < 150 else 0
    assert early > 1000
    assert largest < 1_000_000


async def test_uploads_come_as_they_were_sent_below_no_path_of_their_own() -> None:
    """Red when a file's name leads out of the folder it is unpacked into, or one whose bytes are gone ends the export."""
    ids = [new_id(), new_id()]
    rows = [json.dumps({"id": str(one), "filename": "../../etc/a.csv"}).encode() + b"\n" for one in ids]

    async def open_file(upload_id: UUID) -> AsyncIterator[bytes] | None:
        return stream(b"a,b\n", b"1,2\n") if upload_id == ids[0] else None

    source = stream(b"#uploads\n", *rows, b"#\n")
    pieces = [one async for one in export_workspace(WORKSPACE, {"ingest": source}, open_file=open_file, now=NOW)]
    told = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    assert told.read(f"ingest/uploads/{ids[0]}/a.csv") == b"a,b\n1,2\n"
    assert json.loads(told.read("manifest.json"))["uploads_without_a_file"] == [str(ids[1])]
    assert not [name for name in told.namelist() if ".." in name]


@pytest.mark.parametrize(
    ("filename", "within"),
    [
        ("..\\a.csv", "a.csv"),
        ("C:a.csv", "C_a.csv"),
        ("a.csv:stream", "a.csv_stream"),
        ("a\u202evsc.exe", "a_vsc.exe"),
        ("a\n\0b.csv", "a__b.csv"),
        ("..", "file"),
    ],
)
async def test_a_file_is_called_in_the_archive_what_it_can_be_called_anywhere(filename: str, within: str) -> None:
    """Red when a name has what a file system takes for a drive or a stream, or shows itself as another."""
    upload_id = new_id()
    row = json.dumps({"id": str(upload_id), "filename": filename}).encode() + b"\n"

    async def open_file(upload_id: UUID) -> AsyncIterator[bytes] | None:
        del upload_id
        return stream(b"a\n")

    source = stream(b"#uploads\n", row, b"#\n")
    pieces = [one async for one in export_workspace(WORKSPACE, {"ingest": source}, open_file=open_file, now=NOW)]
    names = zipfile.ZipFile(io.BytesIO(b"".join(pieces))).namelist()
    assert [name for name in names if "/uploads/" in name] == [f"ingest/uploads/{upload_id}/{within}"]


@given(st.data())
def test_lines_are_the_same_however_they_arrive(data: st.DataObject) -> None:
    """Red when a line that arrives in two pieces is torn, or a table begins in the middle of one."""
    tables = data.draw(st.lists(st.tuples(st.sampled_from(["jobs", "leads"]), st.integers(0, 3)), max_size=4))
    said = b"".join(f"#{name}\n".encode() + b'{"x":"#"}\n' * count for name, count in tables) + b"#\n"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(said)), max_size=6)))
    pieces = [said[start:end] for start, end in zip([0, *cuts], [*cuts, len(said)], strict=True)]
    lines, found = ToldLines(), list[tuple[str, int]]()
    for piece in pieces:
        for kind, content in lines.read(piece):
            if kind == "table":
                found.append((content.decode(), 0))
            elif kind == "rows":
                found[-1] = (found[-1][0], found[-1][1] + content.count(b"\n"))
    assert lines.is_whole
    assert found == tables
