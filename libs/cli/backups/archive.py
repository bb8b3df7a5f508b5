"""One file that holds everything: a ZIP whose last part, the manifest, names all others with their digests.

Written as a stream beside its final name, which it gets when it is whole and on the disk; read back only when every part is
what the manifest says.
"""

from __future__ import annotations

import contextlib
import os
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO

from libs.cli.backups.manifest import KEYS, NAME, OBJECTS, Manifest, Measure, Member, dump_name
from libs.cli.errors import CliError

PIECE_BYTES = 1024 * 1024
_LEVEL = 1
"""Text shrinks to a quarter even so; more effort would cost more time than the disk does."""


class Writing:
    """A backup on its way; `put` parts, then `finish`."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._members: dict[str, Member] = {}

    @contextlib.contextmanager
    def part(self, name: str) -> Generator[Callable[[bytes], None]]:
        """What takes the bytes of one part. One at a time."""
        measure = Measure()
        with self._archive.open(name, "w", force_zip64=True) as out:

            def write(data: bytes) -> None:
                measure.add(data)
                out.write(data)

            yield write
        self._members[name] = measure.member()

    def finish(self, manifest: Manifest) -> Manifest:
        """Put the manifest in, which completes the file; answers it with all parts."""
        whole = replace(manifest, members=self._members)
        self._archive.writestr(NAME, whole.to_json())
        return whole


@contextlib.contextmanager
def writing(target: Path) -> Generator[Writing]:
    """A new file that only its owner can read, since it holds secrets. Whatever goes wrong leaves nothing under this name.

    Raises CliError where there is one, or where another backup is writing it.
    """
    unfinished = target.with_name(f"{target.name}.part")
    try:
        opened = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise CliError(
            f"{unfinished} is there: another backup is writing it, or one was killed. Remove it if none runs."
        ) from None
    try:
        with os.fdopen(opened, "wb") as file:
            # Looked at behind the lock that the unfinished file is: another backup may have ended just before.
            check_new(target)
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
                yield Writing(archive)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(target)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def check_new(target: Path) -> None:
    """Raises CliError where a file could not be made, or would be written over."""
    if target.exists() or target.is_symlink():
        raise CliError(f"{target} is there already: name a file that is not.")
    if not target.parent.is_dir():
        raise CliError(f"There is no folder {target.parent}: make it, or name a file elsewhere.")


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


class Reading:
    """A backup whose manifest has been read. `verify` before believing the rest."""

    def __init__(self, archive: zipfile.ZipFile, *, path: Path) -> None:
        self._archive = archive
        self._path = path
        self.manifest = Manifest.from_json(self._whole(NAME))

    def verify(self) -> None:
        """Read every part. Raises CliError where one is missing, too much, or not what it was when it was put in."""
        listed, present = set(self.manifest.members), set(self._archive.namelist()) - {NAME}
        if listed != present or len(self._archive.namelist()) != len(listed) + 1:
            odd = min(listed ^ present, default="a part that is there twice")
            raise self._damaged(f"its parts are not those it lists ({odd})")
        if missing := {KEYS, *map(dump_name, self.manifest.schemas)} - listed:
            raise self._damaged(f"{min(missing)} is missing")
        if astray := [name for name in self.manifest.objects if not _is_inside(name.removeprefix(OBJECTS))]:
            raise self._damaged(f"{astray[0]} would be outside the storage")
        for name, member in self.manifest.members.items():
            measure = Measure()
            for piece in self.pieces(name):
                measure.add(piece)
            if measure.member() != member:
                raise self._damaged(f"{name} is not what was put in")

    def pieces(self, name: str) -> Iterator[bytes]:
        """The bytes of a part, about a megabyte at a time. Raises CliError where they are damaged."""
        try:
            with self._archive.open(name) as part:
                while piece := part.read(PIECE_BYTES):
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, RuntimeError) as error:
            raise self._damaged(f"{name} cannot be read") from error

    def _whole(self, name: str) -> bytes:
        return b"".join(self.pieces(name))

    def text(self, name: str) -> str:
        """A small part whole."""
        return self._whole(name).decode()

    def _damaged(self, what: str) -> CliError:
        return CliError(f"{self._path} is damaged: {what}. Nothing was changed; use another backup.")


def _is_inside(key: str) -> bool:
    """Whether it names something below a folder, whatever a file that is not from us says."""
    return bool(key) and all(step not in {"", ".", ".."} for step in key.split("/"))


@contextlib.contextmanager
def reading(path: Path) -> Generator[Reading]:
    """Raises CliError for a file that is not there, no backup, or cut short."""
    try:
        file: IO[bytes] = path.open("rb")
    except OSError as error:
        raise CliError(f"{path} cannot be read ({error.strerror}): name the file of a backup.") from error
    with file:
        try:
            archive = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, OSError) as error:
            raise CliError(
                f"{path} is no whole backup: it is another kind of file, or it was cut short. Nothing was changed."
            ) from error
        with archive:
            yield Reading(archive, path=path)
