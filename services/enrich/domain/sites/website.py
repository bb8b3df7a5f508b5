"""A company's website as research gets it: a few pages, how it went, and how long that may be believed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from services.enrich.domain.sites.site_links import Link

PageKind = Literal["home", "about", "products", "careers"]
PAGE_KINDS: tuple[PageKind, ...] = ("home", "about", "products", "careers")
WebsiteStatus = Literal["read", "missing", "refused", "away"]
"""`missing`: there is no such site, or nothing on it to read. `refused`: it is not to be read (robots.txt, a login, no public
address). `away`: it does not answer now."""
PAGE_CHARS = 6000
TITLE_CHARS = 200

_BELIEVED_NOT_READ: dict[WebsiteStatus, timedelta] = {
    "missing": timedelta(days=1),
    "refused": timedelta(days=1),
    "away": timedelta(minutes=10),
}
_BELIEVED_IN_PART = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Page:
    """One page: where it was found in the end (after redirects), its title and its readable text."""

    kind: PageKind
    url: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Website:
    """What is known of a domain's site. Without pages, `reason` says why in a sentence; `sandboxed` marks invented ones.

    `whole` is false when a page that the home page names did not answer.
    """

    domain: str
    status: WebsiteStatus
    fetched_at: datetime
    pages: tuple[Page, ...] = ()
    reason: str = ""
    sandboxed: bool = False
    whole: bool = True


def believed_for(website: Website, *, fresh: timedelta) -> timedelta:
    """How long nobody needs to look again. `fresh` is granted to a site that was read in full."""
    if website.status != "read":
        return _BELIEVED_NOT_READ[website.status]
    return fresh if website.whole else min(fresh, _BELIEVED_IN_PART)


@dataclass(frozen=True, slots=True)
class FoundPage:
    """A page as it was read: its address in the end, and where it leads."""

    url: str
    title: str
    text: str
    links: tuple[Link, ...] = ()

    def as_page(self, kind: PageKind) -> Page:
        """What is kept of it."""
        return Page(kind, self.url, self.title, self.text)


class SiteUnread(Exception):
    """A page could not be read. `status` says of what kind that is, `reason` says it in a sentence for the user."""

    def __init__(self, status: WebsiteStatus, reason: str) -> None:
        super().__init__(reason)
        self.status: WebsiteStatus = status
        self.reason = reason


class SiteNotReached(SiteUnread):
    """Nobody answered at this address; at another of the site (with `www.`, without TLS) somebody may."""


def status_of_http(status: int) -> WebsiteStatus:
    """What an HTTP status without a page means: away at present, refused to us, or not there."""
    if status >= 500 or status in {408, 425, 429}:
        return "away"
    return "refused" if status in {401, 403, 407, 451} else "missing"
