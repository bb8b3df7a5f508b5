"""How an upload is to be read, as the API takes and shows it."""

from pydantic import BaseModel, ConfigDict, Field

from services.ingest.domain.reading_options import MAX_HEADER_ROW, MAX_SHEET_CHARS


class ReadingOptionsIn(BaseModel):
    """All decisions about reading a file; what is left out or null the reader decides.

    `header_row` counts the file's rows from 1, 0 says that there is none; `quotechar` "" says that nothing is quoted.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    encoding: str | None = Field(default=None, max_length=40)
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    quotechar: str | None = Field(default=None, max_length=1)
    header_row: int | None = Field(default=None, ge=0, le=MAX_HEADER_ROW)
    sheet: str | None = Field(default=None, min_length=1, max_length=MAX_SHEET_CHARS)


class ReadingOptionsOut(BaseModel):
    """What was decided; null is what was left to the reader."""

    encoding: str | None = None
    delimiter: str | None = None
    quotechar: str | None = None
    header_row: int | None = None
    sheet: str | None = None


class SheetOut(BaseModel):
    """A sheet of the workbook. Its size is null where counting would mean to read a large sheet just for that."""

    name: str
    rows: int | None
    columns: int | None
    visible: bool
