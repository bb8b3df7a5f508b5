"""What is photographed: each page of the web app, those about one thing with that thing, and some parts of pages beside."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Literal

from deploy.web.routes import routes

Theme = Literal["light", "dark"]
Width = Literal["wide", "narrow"]
THEMES: tuple[Theme, ...] = ("light", "dark")
SIZES: dict[Width, tuple[int, int]] = {"wide": (1440, 900), "narrow": (390, 844)}
SIGNED_OUT = ("/sign-in", "/sign-up", "/reset", "/confirm", "/invitation")
"""Pages as who has no session sees them."""
_OF_ONE = {
    "/billing/statement": "?job={job}",
    "/job": "?id={job}",
    "/list": "?id={list}",
    "/campaign": "?id={campaign}",
    "/template": "?id={template}",
    "/sourcing": "?id={sourcing}",
    "/invitation": "#token={invitation}",
}
"""What a page's address says besides, by the name of what was made for it."""
_PARTS = {
    "upload-columns": "/upload?id={upload}",
    "upload-review": "/upload?id={upload}&step=review",
    "job-row": "/job?id={job}&row=1",
    "job-files": "/job?id={job}&tab=files",
    "job-receipt": "/job?id={job}&tab=receipt",
    "job-timeline": "/job?id={job}&tab=timeline",
    "job-waiting": "/job?id={waiting}",
    "campaign-leads": "/campaign?id={campaign}&tab=leads",
    "campaign-lines": "/campaign?id={campaign}&tab=lines",
    "campaign-calendar": "/campaign?id={campaign}&tab=calendar",
    "campaign-check": "/campaign?id={campaign}&tab=check",
}
"""Steps and tabs of pages, which have an address too."""


@dataclass(frozen=True)
class View:
    """`address` may name what has to be made first, in braces."""

    name: str
    address: str

    @property
    def path(self) -> str:
        return re.split(r"[?#]", self.address)[0]

    @property
    def signed_out(self) -> bool:
        return self.path in SIGNED_OUT

    def filled(self, made: Mapping[str, str]) -> str:
        """The address for what was made. Raises KeyError for what was not."""
        return self.address.format_map(made)


def views() -> list[View]:
    """Every page, and its parts behind it."""
    pages = [View(name_of(path), path + _OF_ONE.get(path, "")) for path in routes()]
    parts = [View(name, address) for name, address in _PARTS.items()]
    return sorted([*pages, *parts], key=lambda view: (view.path, view.name))


def name_of(path: str) -> str:
    """`/settings/api-keys` → `settings-api-keys`."""
    return path.strip("/").replace("/", "-") or "home"


def pictures_of(name: str) -> list[str]:
    """The files that show a view."""
    return [file_of(name, theme, width) for width, theme in product(SIZES, THEMES)]


def file_of(name: str, theme: Theme, width: Width) -> str:
    return f"{name}-{theme}-{width}.webp"
