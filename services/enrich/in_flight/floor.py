"""Everything the chunks in hand of one process share."""

import asyncio
from dataclasses import dataclass, field

from libs.common.uow import UnitOfWorkFactory
from services.enrich.clients.keyring import Keyring
from services.enrich.clients.tools import Tools
from services.enrich.in_flight.catalogue_shelf import CatalogueShelf
from services.enrich.in_flight.checkpoint_writer import CheckpointWriter
from services.enrich.in_flight.companies import Companies
from services.enrich.in_flight.job_watch import JobWatch
from services.enrich.in_flight.leases import LeaseKeeper
from services.enrich.in_flight.slots import FairSlots
from services.enrich.in_flight.websites import Websites

_ROWS_PER_SLOT = 2
"""One that is worked on and one that waits for the slot: chunks end on their slowest row and are fetched in turns of a
second or more, and meanwhile no slot should stay empty."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`chunk_s` is the time budget of a chunk, `row_budget_s` of a row's failing calls, `grace_s` of rows at shutdown."""

    chunk_s: float = 240
    row_budget_s: float = 60
    grace_s: float = 8


@dataclass(frozen=True, slots=True)
class Floor:
    """Handed to the use cases that call out."""

    open_uow: UnitOfWorkFactory
    tools: Tools
    slots: FairSlots
    watch: JobWatch
    leases: LeaseKeeper
    writer: CheckpointWriter
    companies: Companies
    websites: Websites
    catalogues: CatalogueShelf
    stopping: asyncio.Event
    limits: Limits
    keyring: Keyring = field(default_factory=Keyring)

    @property
    def rows_capacity(self) -> int:
        """The rows of all chunks that may be in hand, in a slot or waiting for one."""
        return _ROWS_PER_SLOT * self.slots.size
