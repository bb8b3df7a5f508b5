"""What the web app is made of, named by a digest: who has built these bytes need not build them again."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy.local.state import CHECKOUT
from deploy.web.node import kind

TABLE = "served.json"
_MADE = {"node_modules", ".next", "out", "coverage", "next-env.d.ts", ".build.lock"}
_PACKAGES = ("package.json", "package-lock.json", ".npmrc")


@dataclass(frozen=True)
class Source:
    """`root` holds the web app, `description` is the API's, which its types are made from."""

    root: Path = CHECKOUT / "frontend"
    description: Path = CHECKOUT / "services" / "gateway" / "public_api.json"

    @property
    def out(self) -> Path:
        """Where the finished web app lies."""
        return self.root / "out"

    @property
    def types(self) -> Path:
        """Made from the description before each build and check."""
        return self.root / "src" / "api" / "schema.d.ts"

    @property
    def packages_stamp(self) -> Path:
        """Goes with what it speaks of."""
        return self.root / "node_modules" / ".corofy"

    def has_packages(self) -> bool:
        """Whether the packages of the lock file are installed, by this Node and for this machine."""
        try:
            return self.packages_stamp.read_text() == self.packages_digest()
        except OSError:
            return False

    def packages_digest(self) -> str:
        """Names the lock file, what npm is told, and the Node that installs."""
        return _digest((self.root / name for name in _PACKAGES), also=kind())

    def is_built(self) -> bool:
        """Whether `out` was made from these very bytes, by these very steps."""
        try:
            return json.loads((self.out / TABLE).read_bytes())["stamp"] == self.digest()
        except (OSError, ValueError, KeyError):
            return False

    def digest(self) -> str:
        """Names everything that a build reads, this package's own files among it."""
        steps = sorted(path for path in Path(__file__).parent.iterdir() if path.suffix in {".py", ".mjs"})
        return _digest((*self._files(), self.description, *steps), also=kind())

    def _files(self) -> Iterator[Path]:
        for folder, folders, names in os.walk(self.root):
            folders[:] = sorted(name for name in folders if name not in _MADE)
            paths = (Path(folder) / name for name in sorted(names) if name not in _MADE)
            yield from (path for path in paths if path != self.types and path.suffix != ".tsbuildinfo")


def _digest(paths: Iterable[Path], *, also: str) -> str:
    found = hashlib.sha256(also.encode())
    for path in paths:
        found.update(f"\0{path.name}\0{path.parent.name}\0".encode())
        if path.is_file():
            found.update(path.read_bytes())
    return found.hexdigest()
