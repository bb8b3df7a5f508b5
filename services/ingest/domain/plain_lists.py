"""Lists that are made of an upload as it is, to be written to without research."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from services.ingest.domain.specs import spec_hash


@dataclass(frozen=True)
class PlainListRequest:
    """What somebody asks for. None: the file's name, and the mapping that the upload has. Its fingerprint tells a second
    click from another request."""

    upload_id: UUID
    name: str | None = None
    mapping: Mapping[str, int] | None = None

    @property
    def fingerprint(self) -> str:
        mapping = dict(self.mapping) if self.mapping is not None else None
        return spec_hash({"upload_id": str(self.upload_id), "name": self.name, "mapping": mapping})


@dataclass(frozen=True)
class PlainList:
    """A list of an upload's rows. Part `parts_published` is the next to be published. `sandboxed`: its people are made up."""

    id: UUID
    workspace_id: UUID
    upload_id: UUID | None
    name: str
    mapping: Mapping[str, int]
    sandboxed: bool
    rows_total: int
    parts: int
    parts_published: int = 0


@dataclass(frozen=True)
class Plain:
    """What came of a row that was not researched."""

    status: str = "plain"
    line: str | None = None
    product: None = None
    extra: None = None
    is_sandboxed: bool = False
