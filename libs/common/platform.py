"""What `create_app` makes for a service before the service's own parts: database, bus, listener."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.listener import Listener
from libs.common.messaging.bus import Bus
from libs.common.messaging.consumer import Subscription
from libs.common.schedules import Schedule
from libs.common.settings import CommonSettings
from libs.common.uow import UnitOfWorkFactory


@dataclass(frozen=True)
class Platform:
    """Handed to the service's composition root. `stopping` is set when no new work may begin."""

    settings: CommonSettings
    engine: AsyncEngine
    open_uow: UnitOfWorkFactory
    bus: Bus
    listener: Listener
    stopping: asyncio.Event
    newest_revision: str | None = None
    """The migration that the code expects; None for a service without migrations."""


@dataclass(frozen=True)
class Parts:
    """What a service adds: its queues, its clock, its own long-running tasks, and what its routes need (`resources`)."""

    subscriptions: Sequence[Subscription] = ()
    schedules: Sequence[Schedule] = ()
    tasks: Sequence[Callable[[], Awaitable[None]]] = ()
    resources: object = None
    ready: Sequence[Callable[[], Awaitable[str | None]]] = field(default=())
    """Further readiness checks: each answers None, or a sentence that says what is missing."""
