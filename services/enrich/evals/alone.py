"""What rows of an eval share: nothing but their own run. In place of the caches of the database."""

from services.enrich.domain.sites.site_links import Link
from services.enrich.domain.sites.website import FoundPage, SiteUnread, Website
from services.enrich.evals.cases import Case
from services.enrich.in_flight.companies import Companies
from services.enrich.in_flight.websites import Websites
from services.enrich.repositories.company_research import CompanyKey, Known
from services.enrich.repositories.websites import SiteKey, key_of
from services.enrich.website.readable import read_page


class CompaniesOfRun(Companies):
    """Research on companies, kept as long as the run: rows of one company share it as they do in a job."""

    def __init__(self) -> None:
        self._flights = {}
        self._kept: dict[CompanyKey, bytes] = {}

    async def look(self, key: CompanyKey) -> Known:
        """What an earlier row of the run has found; else it is the asker's to find."""
        return Known("found", self._kept[key]) if key in self._kept else Known("mine")

    def land(self, key: CompanyKey, payload: bytes | None) -> None:
        """Keep it for the next row."""
        self._flights.pop(key, None)
        if payload is not None:
            self._kept[key] = payload

    def leave(self, key: CompanyKey) -> None:
        """It is known."""
        self._flights.pop(key, None)


class OwnPages:
    """Our own way to the pages of one case that are HTML: what is hidden in them is taken out as it is in the wild."""

    def __init__(self, case: Case) -> None:
        self._case = case

    def visit(self) -> "OwnPages":
        """One reading of the site."""
        return self

    async def home(self, domain: str) -> FoundPage:
        """The home page."""
        return await self.page(f"https://{domain}/")

    async def page(self, url: str) -> FoundPage:
        """A page by its address."""
        html = self._case.pages.get("/" + url.split("/", 3)[3])
        if not html:
            raise SiteUnread("missing", f"{url} answers with HTTP 404.")
        told = read_page(html, url=url)
        return FoundPage(url, told["title"], told["text"], tuple(Link(*one) for one in told["links"]))


class WebsitesOfRun(Websites):
    """Websites, kept as long as the run."""

    def __init__(self, direct: OwnPages | None) -> None:
        self.direct = direct  # pyright: ignore[reportAttributeAccessIssue] - it stands in for our own reader
        self._kept: dict[SiteKey, Website] = {}

    async def take(self, key: SiteKey, *, within_s: float) -> Website | None:  # noqa: ARG002 - nobody waits here
        """What was read in this run."""
        return self._kept.get(key)

    def put(self, website: Website) -> None:
        """Keep it."""
        self._kept[key_of(website)] = website

    def give_up(self, key: SiteKey) -> None:
        """Nobody waits for it."""
        self._kept.pop(key, None)
