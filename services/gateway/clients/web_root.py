"""The folder that holds the built web app. A build beside a running gateway is seen at once."""

import json
from pathlib import Path

from services.gateway.domain.web_files import WebFile, WebTable

TABLE = "served.json"
_SUFFIXES = {"br": ".br", "gzip": ".gz"}


class WebRoot:
    """`folder` holds what `./corofy web build` exports; it may not be there yet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._table: WebTable | None = None
        self._seen: tuple[int, int] | None = None

    def table(self) -> WebTable | None:
        """What there is to serve now; None while it is not built."""
        try:
            found = (self._folder / TABLE).stat()
            if self._seen != (found.st_mtime_ns, found.st_ino):
                self._table = _read(self._folder / TABLE)
                self._seen = (found.st_mtime_ns, found.st_ino)
        except FileNotFoundError:
            self._table, self._seen = None, None
        return self._table

    def read(self, file: WebFile, coding: str | None) -> bytes | None:
        """Its bytes in that form; None when a new build has just taken it away."""
        try:
            return (self._folder / f"{file.file}{_SUFFIXES[coding] if coding else ''}").read_bytes()
        except FileNotFoundError:
            return None


def _read(path: Path) -> WebTable:
    rows: dict[str, dict[str, object]] = json.loads(path.read_bytes())["files"]
    return WebTable({path: _file_of(row) for path, row in rows.items()})


def _file_of(row: dict[str, object]) -> WebFile:
    return WebFile(**{name: tuple(value) if isinstance(value, list) else value for name, value in row.items()})  # pyright: ignore[reportArgumentType] - as the build has written it
