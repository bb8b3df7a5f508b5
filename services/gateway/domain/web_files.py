"""The web app as a table of files: which of them a path means, and what a page of it may do in a browser."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

NOT_FOUND = "/404"
"""Where the page for a path that is none stands in the table."""

_OF_THE_API = frozenset({"v1", "auth", "mcp", "docs", "u", "internal", ".well-known"})
"""First segments of paths that never are a page's: whoever asks there reads problem+json."""


@dataclass(frozen=True)
class WebFile:
    """`packed` are the content codings that lie beside the file, best first. `scripts` and `styles` are the hashes of what
    a page holds of them itself; `for_ever` says that its name changes with its contents."""

    file: str
    kind: str
    etag: str
    packed: tuple[str, ...] = ()
    for_ever: bool = False
    scripts: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()

    @property
    def is_page(self) -> bool:
        return self.kind.startswith("text/html")


@dataclass(frozen=True)
class WebTable:
    """All there is, by path. What is not in it is not there."""

    files: Mapping[str, WebFile]

    def find(self, path: str) -> WebFile | None:
        return None if path == NOT_FOUND else self.files.get(path)

    def other_form_of(self, path: str) -> str | None:
        """The path of the page that is meant, where one stands with or without the slash at the end."""
        other = path.removesuffix("/") if path.endswith("/") else f"{path}/"
        found = self.find(other)
        return other if found is not None and found.is_page else None


def is_of_the_api(path: str) -> bool:
    return path.removeprefix("/").partition("/")[0] in _OF_THE_API


def reads_pages(accept: str) -> bool:
    """Whether an Accept header is a browser's that wants to show a page, not a script's."""
    return "text/html" in accept


def coding_for(file: WebFile, accept_encoding: str) -> str | None:
    """The best form that the asker takes (RFC 9110, 12.5.3); None for the file as it is."""
    taken = {name.strip(): weight.replace(" ", "") for name, _, weight in map(_parted, accept_encoding.split(","))}
    return next((coding for coding in file.packed if taken.get(coding, "q=0") not in {"q=0", "q=0.0"}), None)


def _parted(one: str) -> tuple[str, str, str]:
    return one.lower().partition(";")


def policy_of(file: WebFile, *, connect: Iterable[str]) -> str:
    """A page's Content-Security-Policy. Only our own scripts run, and those in the page whose hash was taken when it was built.

    `connect` are the other origins that it asks. Attributes may style one element: charts and animations are drawn so, and
    no more can be done by them.
    """
    return "; ".join(
        (
            "default-src 'none'",
            " ".join(("script-src 'self'", *(f"'{one}'" for one in file.scripts))),
            " ".join(("style-src 'self'", *(f"'{one}'" for one in file.styles))),
            "style-src-attr 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self'",
            " ".join(("connect-src 'self'", *connect)),
            "frame-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )
