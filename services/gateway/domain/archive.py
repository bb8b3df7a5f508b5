"""A ZIP archive that is handed on as it is written: nothing of it is kept but the list of its files.

What is broken off has no list at its end (APPNOTE 4.3.16), so that no reader takes it for whole.
"""

import zipfile
from typing import IO

_LEVEL = 3
"""Of zlib: text shrinks nearly as much as by the default, in a third of the time."""


class Archive:
    """Files come one after the other: `begin`, `add` as often as there is something, then the next; `end` at last. Each answers
    the bytes that are ready."""

    def __init__(self, *, made_at: tuple[int, int, int, int, int, int]) -> None:
        self._ready = _Pipe()
        self._zip = zipfile.ZipFile(self._ready, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL)
        self._made_at = made_at
        self._file: IO[bytes] | None = None

    def begin(self, name: str) -> bytes:
        """The next file."""
        self._finish_file()
        info = zipfile.ZipInfo(name, date_time=self._made_at)
        info.compress_type = zipfile.ZIP_DEFLATED
        self._file = self._zip.open(info, "w", force_zip64=True)
        return self._ready.take()

    def add(self, data: bytes) -> bytes:
        """More of the file that was begun last."""
        assert self._file is not None, "no file was begun"
        self._file.write(data)
        return self._ready.take()

    def end(self) -> bytes:
        """The rest, with the list of files."""
        self._finish_file()
        self._zip.close()
        return self._ready.take()

    def let_go(self) -> None:
        """Whoever is through with it, or cannot go on, says so; what is written from here on goes nowhere."""
        self._finish_file()
        self._zip.close()

    def _finish_file(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


class _Pipe:
    """What zipfile writes to: it cannot go back, so that sizes stand behind each file."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def flush(self) -> None:
        """There is nothing behind it."""

    def close(self) -> None:
        """Nor is there anything to close."""

    def take(self) -> bytes:
        """What has been written since the last time."""
        taken = bytes(self._written)
        self._written.clear()
        return taken
