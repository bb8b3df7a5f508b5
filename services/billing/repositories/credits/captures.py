"""Captures: what was charged for a chunk, under a key that is kept for ever."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common import many
from libs.common.many import Given
from services.billing.domain.credits.postings import Subject
from services.billing.tables import captures

Capture = tuple[Subject, int]
"""The key of a capture: what for, and the number of the chunk."""

_CAPTURE = ("subject_kind", "subject_id", "chunk_no")
_FIND_CAPTURES = many.find(captures, _CAPTURE, (*_CAPTURE, "credits"))
_ADD_CAPTURES = many.insert(captures, (*_CAPTURE, "credits"))


async def captured_before(conn: AsyncConnection, subject: Subject, chunk_no: int) -> int | None:
    """What was captured for a chunk, if it was."""
    key = (subject, chunk_no)
    (rows,) = await many.read(conn, [finding_of([key])])
    return to_captures(rows).get(key)


def finding_of(keys: Iterable[Capture]) -> Given:
    """What is to be asked for some captures."""
    return _FIND_CAPTURES, [(subject.kind, subject.id, chunk_no) for subject, chunk_no in set(keys)]


def to_captures(rows: Iterable[Sequence[Any]]) -> dict[Capture, int]:
    """What was captured for some chunks; those that were not are missing."""
    return {(Subject(kind, id_), chunk_no): credits_ for kind, id_, chunk_no, credits_ in rows}


async def add_capture(conn: AsyncConnection, subject: Subject, chunk_no: int, credits_: int) -> None:
    """The key `capture:<subject>:<chunk>`, for ever."""
    await many.write(conn, [writing_of({(subject, chunk_no): credits_})])


def writing_of(captured: Mapping[Capture, int]) -> Given:
    """The keys of some captures, for ever, each with its credits."""
    rows = [(subject.kind, subject.id, chunk_no, credits_) for (subject, chunk_no), credits_ in captured.items()]
    return _ADD_CAPTURES, rows
