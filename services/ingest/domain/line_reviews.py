"""What a person may make of a row's line: write it anew, approve it, take either back. The written one is never lost."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from libs.common.errors import Conflict, Invalid
from services.ingest.domain.recipients import Member

LINE_CHARS = 1000


@dataclass(frozen=True)
class Review:
    """What people have made of the line of one outcome. Version 0: nobody has touched it. `line` None: the written one holds."""

    version: int = 0
    line: str | None = None
    edited_by: UUID | None = None
    edited_at: datetime | None = None
    approved_by: UUID | None = None
    approved_at: datetime | None = None


@dataclass(frozen=True)
class Change:
    """What somebody wants of a line. `line` empty takes the edit back, None leaves it; `approved` None leaves that too, but an
    edit makes an approval void. `revision` names what the person has seen."""

    revision: str
    line: str | None = None
    approved: bool | None = None


def revision_of(job_id: UUID, version: int) -> str:
    """Names the line of an outcome as it stands: another attempt at the row, or another edit, is another revision."""
    return f"{job_id}.{version}"


def check_revision(change: Change, *, job_id: UUID, review: Review, line: str) -> None:
    """Raises Conflict `row_changed`, with the present line and revision, for a change made of something older."""
    present = revision_of(job_id, review.version)
    if change.revision != present:
        msg = (
            "somebody has changed this row meanwhile: look at it again, then send the change with its present revision"
        )
        raise Conflict(msg, code="row_changed", extra={"revision": present, "line": line})


def revise(review: Review, change: Change, *, written: str, user_id: UUID, now: datetime) -> Review:
    """The review after a change; the same one when nothing would be different. Raises Invalid `line_invalid`."""
    edited = review
    if change.line is not None:
        line = _checked(change.line)
        if (line or written) != (review.line or written):
            own = None if line in {"", written} else line
            edited = Review(review.version, own, user_id, now)
    if change.approved is False:
        edited = replace(edited, approved_by=None, approved_at=None)
    elif change.approved and edited.approved_at is None:
        edited = replace(edited, approved_by=user_id, approved_at=now)
    return review if edited == review else replace(edited, version=review.version + 1)


def _checked(line: str) -> str:
    text = line.strip()
    if len(text) > LINE_CHARS:
        msg = f"the line has {len(text)} characters: {LINE_CHARS} at most"
        raise Invalid(msg, code="line_invalid")
    if not text.isprintable():
        msg = "the line has a line break or a control character in it: write one paragraph"
        raise Invalid(msg, code="line_invalid")
    return text


def list_with(family: Sequence[Member], delivered_by: Collection[UUID]) -> UUID | None:
    """Whose list a row was published in: that of the first completed member up to which anybody delivered it."""
    since: list[UUID] = []
    for member in family:
        since.append(member.job_id)
        if member.is_completed:
            if any(job_id in delivered_by for job_id in since):
                return member.job_id
            since.clear()
    return None
