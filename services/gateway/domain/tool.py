"""A tool of assistants: one operation of the public API, of which it takes what is named."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.gateway.domain.permissions import only_reads

PAGE = ("cursor", "limit")
ROWS = ("upload_id", "mapping", "first_rows", "skip_duplicates", "skip_known", "extra_columns")


@dataclass(frozen=True)
class Tool:
    """`takes` are members of the operation's path, query and body; `must` those that are needed here beyond what it needs itself.
    `always` is sent with every call."""

    name: str
    title: str
    description: str
    method: str
    path: str
    takes: tuple[str, ...] = ()
    must: tuple[str, ...] = ()
    always: Mapping[str, object] = field(default_factory=dict)
    makes: bool = False
    """Whether a call makes something, and so is known by an Idempotency-Key."""
    overwrites: bool = False
    outside: bool = False
    """Whether it asks the web or a language model."""

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return only_reads(self.method, self.path.removeprefix("/v1/"))
