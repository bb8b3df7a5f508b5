"""The table by which the gateway serves the web app: what is not in it is not served, so that no path leads astray."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from deploy.web.pages import read_page
from deploy.web.source import TABLE

_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
    ".xml": "application/xml",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}
_PACKED = {".br": "br", ".gz": "gzip"}
_FOR_EVER = "_next/static/"
"""Names in here change with their contents."""
_OF_NO_PAGE = ("404/", "_not-found")
"""What Next exports besides `404.html` for a page that is not there."""


@dataclass(frozen=True)
class Served:
    """One file: what it is, its ETag, and the packed forms that lie beside it. `scripts` and `styles` are a page's hashes."""

    file: str
    kind: str
    etag: str
    packed: list[str] = field(default_factory=list[str])
    for_ever: bool = False
    scripts: list[str] = field(default_factory=list[str])
    styles: list[str] = field(default_factory=list[str])


def write_table(out: Path, *, stamp: str) -> None:
    """Writes `served.json`, whole or not at all: it is what makes an export a finished one."""
    names = sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())
    files = {path: served for name in names if (served := _served(out, name)) for path in [_path_of(name)]}
    table = {"stamp": stamp, "files": {path: asdict(served) for path, served in files.items()}}
    fresh = out / f"{TABLE}.new"
    fresh.write_text(json.dumps(table, indent=1, sort_keys=True))
    fresh.replace(out / TABLE)


def _served(out: Path, name: str) -> Served | None:
    path = out / name
    if path.suffix in _PACKED or name.startswith(TABLE) or name.startswith(_OF_NO_PAGE):
        return None
    content = path.read_bytes()
    page = read_page(content.decode()) if path.suffix == ".html" else None
    return Served(
        file=name,
        kind=_KINDS.get(path.suffix, "application/octet-stream"),
        etag=hashlib.sha256(content).hexdigest()[:20],
        packed=[coding for suffix, coding in _PACKED.items() if path.with_name(path.name + suffix).exists()],
        for_ever=name.startswith(_FOR_EVER),
        scripts=list(page.scripts) if page else [],
        styles=list(page.styles) if page else [],
    )


def _path_of(name: str) -> str:
    """The path a browser asks for: `index.html` → `/`, `jobs.html` → `/jobs`, `jobs/index.html` → `/jobs/`."""
    page = name.removesuffix(".html") if name.endswith(".html") else name
    return "/" + (page.removesuffix("index") if page.rpartition("/")[2] == "index" and page != name else page)


@dataclass(frozen=True)
class FirstLoad:
    """What a page fetches of scripts before it can be used, packed with gzip."""

    path: str
    bytes: int


def first_loads(out: Path) -> list[FirstLoad]:
    """Every page's, the heaviest first."""
    pages = [(name, read_page((out / name).read_text("utf-8")).fetched) for name in _pages(out)]
    weighed = [FirstLoad(_path_of(name), sum(_weight(out, path) for path in fetched)) for name, fetched in pages]
    return sorted(weighed, key=lambda load: (-load.bytes, load.path))


def _pages(out: Path) -> Iterable[str]:
    return (str(path.relative_to(out)) for path in sorted(out.rglob("*.html")))


def _weight(out: Path, path: str) -> int:
    plain = out / path.partition("?")[0].removeprefix("/")
    packed = plain.with_name(f"{plain.name}.gz")
    return (packed if packed.exists() else plain).stat().st_size
