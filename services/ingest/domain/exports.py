"""Sheets asked for beside the finished one: which results one is of, and which are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from services.ingest.domain.downloads import Download, result_filename
from services.ingest.domain.jobs import TERMINAL, Job, JobState
from services.ingest.domain.storage_keys import ExportFormat

MAX_WRITING = 2
"""Sheets that a workspace may have written at once."""
KEPT_PARTIALS = 3
"""Sheets of one job under way that are kept, the newest."""
_PARTIAL = "partial:"

ExportState = Literal["writing", "ready", "failed"]


@dataclass(frozen=True)
class Standing:
    """Which results a sheet is of, as text: while that is the same, so is the sheet. `merged` wrote the finished one."""

    text: str
    merged: UUID | None = None


@dataclass(frozen=True)
class Export:
    """A sheet somebody asked for, of a list with its retries. `job_id` is the list's."""

    id: UUID
    workspace_id: UUID
    job_id: UUID
    file_format: ExportFormat
    flat: bool
    state: ExportState
    standing: str
    rows_total: int
    rows_done: int
    storage_key: str
    size_bytes: int | None
    problem: dict[str, Any] | None
    created_at: datetime
    ready_at: datetime | None

    @property
    def is_partial(self) -> bool:
        """Whether the job was still under way."""
        return self.standing.startswith(_PARTIAL)

    def download(self, filename: str) -> Download:
        """Its file, named for the upload's."""
        name = result_filename(filename, file_format=self.file_format, is_partial=self.is_partial)
        return Download(self.storage_key, name, self.file_format)


@dataclass(frozen=True)
class Edits:
    """How many times lines of a list have been edited, and how many of those the newest finished sheet knows."""

    made: int = 0
    merged: int = 0


NO_EDITS = Edits()


def standing_of(family: Sequence[Job], *, edits: Edits = NO_EDITS) -> Standing:
    """Of a list and its retries, oldest first: partial while one of them is under way, else final where the last one that
    began has written the sheet. Every turn and every answer raises a version, so that their sum names the results; edits of
    lines are counted beside."""
    versions = f"{sum(job.version for job in family)}{_suffix(edits.made)}"
    if any(job.state not in TERMINAL for job in family):
        return Standing(f"{_PARTIAL}{family[-1].id}:{versions}")
    begun = [job for job in family if job.state is not JobState.DECLINED] or family
    if begun[-1].state is JobState.COMPLETED:
        return final_standing(begun[-1].id, edits=edits)
    return Standing(f"ended:{begun[-1].id}:{versions}")


def final_standing(merged: UUID, *, edits: Edits) -> Standing:
    """Of the finished sheet that a job wrote: it is not the present one when lines were edited since."""
    if edits.made == edits.merged:
        return Standing(f"final:{merged}", merged=merged)
    return Standing(f"final:{merged}{_suffix(edits.made)}")


def _suffix(edits: int) -> str:
    return f":edits{edits}" if edits else ""
