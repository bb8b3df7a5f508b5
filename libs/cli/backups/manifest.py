"""What a backup says of itself: who made it, at which moment, and what has to be in it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime

from libs.cli.errors import CliError

FORMAT = 1
NAME = "manifest.json"
KEYS = "keys.env"
OBJECTS = "storage/"


@dataclass(frozen=True)
class Member:
    """One part of the file: its bytes as they were put in, and their SHA-256."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Schema:
    """One service's part: the migration it was at, and how many rows each table had."""

    revision: str
    rows: dict[str, int]


@dataclass(frozen=True)
class Manifest:
    """`made_at` is the moment that the databases were frozen at: nothing later is in the file."""

    corofy: str
    made_at: datetime
    schemas: dict[str, Schema]
    members: dict[str, Member] = field(default_factory=dict)

    @property
    def objects(self) -> list[str]:
        """The names of the parts that are objects of the storage."""
        return [name for name in self.members if name.startswith(OBJECTS)]

    def to_json(self) -> bytes:
        content = {**asdict(self), "format": FORMAT, "made_at": self.made_at.isoformat()}
        return json.dumps(content, indent=1).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Manifest:
        """Raises CliError for what is no manifest, or one of a format that is not known here."""
        try:
            content = json.loads(text)
            if content["format"] != FORMAT:
                raise CliError(
                    f"This backup has format {content['format']}, of Corofy {content['corofy']}, and this Corofy reads"
                    f" format {FORMAT}: restore it with that version."
                )
            return cls(
                corofy=content["corofy"],
                made_at=datetime.fromisoformat(content["made_at"]),
                schemas={name: Schema(**one) for name, one in content["schemas"].items()},
                members={name: Member(**one) for name, one in content["members"].items()},
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CliError("Its manifest cannot be read: the file is no backup, or it is damaged.") from error


def dump_name(service: str) -> str:
    """The part that holds a service's schema as SQL."""
    return f"database/{service}.sql"


class Measure:
    """Counts and digests what passes."""

    def __init__(self) -> None:
        self._size = 0
        self._digest = hashlib.sha256()

    def add(self, data: bytes) -> None:
        self._size += len(data)
        self._digest.update(data)

    def member(self) -> Member:
        """Of all that has passed."""
        return Member(self._size, self._digest.hexdigest())
