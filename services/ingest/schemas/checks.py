"""What checking an upload's rows has found, and its mapping, as the API shows and takes them."""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from services.ingest.domain.header_words import Role
from services.ingest.domain.uploads import Upload, UploadState
from services.ingest.domain.validation import ADVICE, WHOLE_ROW, Severity
from services.ingest.repositories.upload_problems import StoredProblem

CheckState = Literal["running", "done", "failed"]


class MappingIn(BaseModel):
    """Role → column index, for every role that a column plays."""

    model_config = ConfigDict(extra="forbid")

    mapping: dict[Role, StrictInt] = Field(max_length=20)


class CodeCount(BaseModel):
    """How often a code was found, and in which columns (by index; null is the whole row). `advice` is what to do."""

    code: str
    severity: Severity
    advice: str
    count: int
    columns: list["ColumnCount"]


class ColumnCount(BaseModel):
    """How often in one column."""

    index: int | None
    name: str | None
    count: int


class ProblemOut(BaseModel):
    """One finding: `row_no` counts from 1 below the header, `row` as the file does. Column and value are null for a row."""

    row_no: int
    row: int
    code: str
    severity: Severity
    column_index: int | None
    column: str | None
    value: str | None
    advice: str


class ProblemPage(BaseModel):
    """A page of findings in the order of the rows. While `check` is `running` they are those of an earlier mapping, if any."""

    check: CheckState | None
    items: list[ProblemOut]
    next_cursor: str | None


def check_state(upload: Upload) -> CheckState | None:
    """How far the check of the present mapping is; null when none was asked for."""
    if upload.state is not UploadState.READY or not upload.check_no:
        return None
    if upload.checked_no != upload.check_no:
        return "running"
    return "failed" if "failed" in (upload.findings or {}) else "done"


def findings_of(upload: Upload) -> list[CodeCount]:
    """What was found under the last mapping that was checked, the worst first."""
    counts: Mapping[str, Mapping[str, int]] = (upload.findings or {}).get("counts", {})
    names = _names(upload)
    shown = [
        CodeCount(
            code=code,
            severity=ADVICE[code][0],
            advice=ADVICE[code][1],
            count=sum(columns.values()),
            columns=[
                ColumnCount(index=_index(int(index)), name=names.get(int(index)), count=count)
                for index, count in sorted(columns.items(), key=lambda item: int(item[0]))
            ],
        )
        for code, columns in counts.items()
    ]
    return sorted(shown, key=lambda found: (found.severity != "problem", -found.count, found.code))


def problem_out(found: StoredProblem, *, upload: Upload) -> ProblemOut:
    """The API's view of a finding."""
    severity, advice = ADVICE[found.code]
    return ProblemOut(
        row_no=found.row_no,
        row=found.row_no + upload.require_reading().header_row,
        code=found.code,
        severity=severity,
        column_index=_index(found.column),
        column=_names(upload).get(found.column),
        value=found.value or None,
        advice=f"{advice[:-1]} ({found.detail})." if found.detail else advice,
    )


def _index(column: int) -> int | None:
    return None if column == WHOLE_ROW else column


def _names(upload: Upload) -> dict[int, str]:
    return {} if upload.reading is None else {column["index"]: column["name"] for column in upload.reading.columns}
