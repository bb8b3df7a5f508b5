"""The providers of one process, opened together and closed together: everybody's accounts, and those of workspaces."""

import contextlib
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from services.enrich.clients.accounts import NEEDED, Account, owned
from services.enrich.clients.firecrawl import Firecrawl
from services.enrich.clients.gate import Gates, GateWait
from services.enrich.clients.groq import Groq
from services.enrich.clients.serper import Serper

_AT_ONCE = {"serper": 3, "groq": 2, "firecrawl": 3}
"""How many calls a row makes at the same time: all searches, both parts of the research, all pages but the home page."""
Client = Serper | Groq | Firecrawl


@dataclass(frozen=True, slots=True)
class Tools:
    """What there is to research with. None stands for a provider that is missing.

    `own` holds, by workspace, the tools of those that have keys of their own; `roots` the connections that all accounts share.
    """

    accounts: tuple[Account, ...]
    serper: Serper | None
    groq: Groq | None
    firecrawl: Firecrawl | None
    roots: Mapping[str, Client] = field(default_factory=dict[str, Client], repr=False)
    gates: Gates = field(default_factory=Gates, repr=False)
    own: "dict[UUID, Tools]" = field(default_factory=lambda: dict[UUID, Tools](), repr=False)

    @property
    def missing(self) -> list[str]:
        """The needed providers without key and sandbox: rows can only get the plain line."""
        return [one.provider for one in self.accounts if one.mode == "missing" and one.provider in NEEDED]

    @property
    def sandboxed(self) -> bool:
        """Whether anything here is invented."""
        return any(one.mode == "sandbox" for one in self.accounts)

    @property
    def clients(self) -> list[Client]:
        """Those that are not missing."""
        return [one for one in (self.serper, self.groq, self.firecrawl) if one is not None]

    @property
    def waits(self) -> list[GateWait]:
        """What calls wait for, of all accounts."""
        return self.gates.waits

    def client(self, name: str) -> Client | None:
        """The client of an account."""
        for tools in (self, *self.own.values()):
            for one in tools.clients:
                if one.account.name == name:
                    return one
        return None

    def for_tenant(self, workspace_id: UUID) -> "Tools":
        """With the workspace's own accounts where it has any, everybody's otherwise."""
        return self.own.get(workspace_id, self)

    def with_key(self, provider: str, key: str, *, workspace_id: UUID) -> Client:
        """A client under a workspace's key, over the connections of all."""
        root = self.roots[provider]
        return root.under(owned(root.account, key=key, workspace_id=workspace_id))

    def with_clients(self, clients: Iterable[Client]) -> "Tools":
        """These tools with other clients for some providers."""
        named = {one.account.provider: one for one in clients}
        accounts = tuple(named[one.provider].account if one.provider in named else one for one in self.accounts)
        return replace(self, accounts=accounts, own={}, **named)


@contextlib.asynccontextmanager
async def open_tools(
    accounts: tuple[Account, ...],
    *,
    groq_models: Sequence[str],
    rows_in_flight: int,
    places: tuple[Account, ...] = (),
    gates: Gates | None = None,
) -> AsyncGenerator[Tools]:
    """Open a client for each account that is not missing, with room for every call of every row in flight.

    `places` say where workspaces' own keys are used; without them, where the shared ones are.
    """
    gates = gates or Gates()
    at = {one.provider: one for one in (*accounts, *places)}
    most = {name: rows_in_flight * calls for name, calls in _AT_ONCE.items()}
    roots: dict[str, Client] = {
        "serper": Serper(at["serper"], concurrency=most["serper"], gates=gates),
        "groq": Groq(at["groq"], models=groq_models, concurrency=most["groq"], gates=gates),
        "firecrawl": Firecrawl(at["firecrawl"], concurrency=most["firecrawl"], gates=gates),
    }
    async with contextlib.AsyncExitStack() as stack:
        for root in roots.values():
            stack.push_async_callback(root.close)
        shared = {one.provider: roots[one.provider].under(one) for one in accounts if one.mode != "missing"}
        nobody = Tools(accounts, serper=None, groq=None, firecrawl=None, roots=roots, gates=gates)
        yield replace(nobody, **shared)
