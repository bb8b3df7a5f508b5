"""The providers of one process, opened together and closed together."""

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from services.enrich.clients.accounts import NEEDED, Account
from services.enrich.clients.firecrawl import Firecrawl
from services.enrich.clients.groq import Groq
from services.enrich.clients.serper import Serper

_SEARCHES_PER_ROW = 3


@dataclass(frozen=True, slots=True)
class Tools:
    """What there is to research with. None stands for a provider that is missing."""

    accounts: tuple[Account, ...]
    serper: Serper | None
    groq: Groq | None
    firecrawl: Firecrawl | None

    @property
    def missing(self) -> list[str]:
        """The needed providers without key and sandbox: rows can only get the plain line."""
        return [one.name for one in self.accounts if one.mode == "missing" and one.name in NEEDED]

    @property
    def sandboxed(self) -> bool:
        """Whether anything here is invented."""
        return any(one.mode == "sandbox" for one in self.accounts)

    @property
    def waits(self) -> list[tuple[Account, float]]:
        """The accounts whose calls wait for a limit of the minute, and for how many seconds yet."""
        clients = [one for one in (self.serper, self.groq, self.firecrawl) if one is not None]
        return [(one.account, wait_s) for one in clients if (wait_s := one.gate.wait_s) > 0]

    def client(self, name: str) -> Serper | Groq | Firecrawl | None:
        """The client of an account."""
        return next((one for one in (self.serper, self.groq, self.firecrawl) if one and one.account.name == name), None)


@contextlib.asynccontextmanager
async def open_tools(accounts: tuple[Account, ...], *, groq_model: str, rows_in_flight: int) -> AsyncGenerator[Tools]:
    """Open a client for each account that is not missing, with room for every row in flight."""
    by_name = {one.name: one for one in accounts if one.mode != "missing"}
    async with contextlib.AsyncExitStack() as stack:
        serper = firecrawl = completions = None
        if "serper" in by_name:
            serper = Serper(by_name["serper"], concurrency=rows_in_flight * _SEARCHES_PER_ROW)
            stack.push_async_callback(serper.close)
        if "groq" in by_name:
            completions = Groq(by_name["groq"], model=groq_model, concurrency=rows_in_flight)
            stack.push_async_callback(completions.close)
        if "firecrawl" in by_name:
            firecrawl = Firecrawl(by_name["firecrawl"], concurrency=rows_in_flight)
            stack.push_async_callback(firecrawl.close)
        yield Tools(accounts, serper=serper, groq=completions, firecrawl=firecrawl)
