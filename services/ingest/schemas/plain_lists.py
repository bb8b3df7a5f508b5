"""Lists that are made of uploads as they are, as the API takes and shows them."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints

from services.ingest.domain.plain_lists import PlainList, PlainListRequest
from services.ingest.schemas.quotes import Mapping

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00]*$")]


class PlainListIn(BaseModel):
    """`name` is the file's where it is left out; `mapping` is role → column index, and the upload's where it is left out."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    mapping: Mapping | None = None

    def to_request(self, upload_id: UUID) -> PlainListRequest:
        """What is asked for, of this upload."""
        return PlainListRequest(upload_id, name=self.name, mapping=self.mapping)


class PlainListOut(BaseModel):
    """The list, which `GET /v1/lists/{id}` shows as soon as its first part has arrived. `rows` are the upload's: those
    without an address are in no list. `parts_published` of `parts` are on their way."""

    id: UUID
    upload_id: UUID | None
    name: str
    rows: int
    parts: int
    parts_published: int


def plain_list_out(found: PlainList) -> PlainListOut:
    """As the API shows it."""
    return PlainListOut(
        id=found.id,
        upload_id=found.upload_id,
        name=found.name,
        rows=found.rows_total,
        parts=found.parts,
        parts_published=found.parts_published,
    )
