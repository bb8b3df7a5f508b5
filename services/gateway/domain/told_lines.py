"""The lines by which a service tells what it has of a workspace: `#<table>`, its rows, and `#` alone at the end."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["table", "rows", "end"]


@dataclass
class ToldLines:
    """Takes bytes as they arrive; answers what they are in order, whole lines only."""

    is_whole: bool = False
    _rest: bytes = field(default=b"", repr=False)

    def read(self, data: bytes) -> Iterator[tuple[Kind, bytes]]:
        """(`table`, its name), (`rows`, some lines of it) or (`end`, nothing)."""
        whole, newline, self._rest = (self._rest + data).rpartition(b"\n")
        if not newline:
            return
        rows = list[bytes]()
        for line in whole.split(b"\n"):
            if not line.startswith(b"#"):
                rows.append(line)
                continue
            if rows:
                yield "rows", b"\n".join(rows) + b"\n"
                rows = []
            if line == b"#":
                self.is_whole = True
                yield "end", b""
            else:
                yield "table", line[1:]
        if rows:
            yield "rows", b"\n".join(rows) + b"\n"
