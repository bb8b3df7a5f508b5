"""What a page of the export holds that a browser runs or obeys: its own scripts and styles, and the scripts it fetches first."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from html.parser import HTMLParser

_RUN = {"", "module", "text/javascript", "application/javascript", "importmap", "speculationrules"}
"""Types of scripts that a policy judges; others hold data."""


@dataclass(frozen=True)
class Page:
    """`scripts` and `styles` are the hashes of what stands in the page itself, as a Content-Security-Policy names them
    (CSP level 3, 6.7.3.3); `fetched` the paths of the scripts that it asks for before it can be used."""

    scripts: tuple[str, ...]
    styles: tuple[str, ...]
    fetched: tuple[str, ...]


def read_page(html: str) -> Page:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return Page(
        scripts=tuple(sorted({_hash_of(text) for text in reader.inline["script"]})),
        styles=tuple(sorted({_hash_of(text) for text in reader.inline["style"]})),
        fetched=tuple(dict.fromkeys(reader.fetched)),
    )


def _hash_of(text: str) -> str:
    # Before anything else a browser makes one newline of each kind of line's end.
    normal = text.replace("\r\n", "\n").replace("\r", "\n")
    return f"sha256-{base64.b64encode(hashlib.sha256(normal.encode()).digest()).decode()}"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.inline: dict[str, list[str]] = {"script": [], "style": []}
        self.fetched: list[str] = []
        self._open: str | None = None
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        source = given.get("src", "")
        # What only browsers without modules ask for is no burden to the others.
        if tag == "script" and source and "nomodule" not in given:
            self.fetched.append(source)
        if tag == "link" and given.get("rel") in {"preload", "modulepreload"} and given.get("as") == "script":
            self.fetched.append(given.get("href", ""))
        is_run = tag == "style" or (tag == "script" and "src" not in given and given.get("type", "").lower() in _RUN)
        self._open, self._text = (tag if is_run else None), []

    def handle_data(self, data: str) -> None:
        if self._open:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._open:
            self.inline[tag].append("".join(self._text))
            self._open = None
