"""What is written down of a request that may change something: by the gateway's own routes with what they do, and of what is
passed on when its answer is there. It is never a reason for a request to fail, and never lost without a word."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from starlette.responses import Response

from libs.common.errors import AppError
from libs.common.http.dependencies import uow_factory
from libs.common.http.problems import status_of
from libs.common.ids import new_id
from libs.common.logs import get_logger
from libs.common.uow import OpenUow, UnitOfWork
from services.gateway import metrics
from services.gateway.api.access import CurrentCaller, request_id_of, resources_of
from services.gateway.api.bodies import SmallBodyRoute
from services.gateway.api.client_address import client_address
from services.gateway.api.known_operations import known_operations
from services.gateway.domain.audit import Deed, Sighting, deed_of, outcome_of
from services.gateway.domain.callers import Caller
from services.gateway.domain.operations import Operation
from services.gateway.domain.permissions import READING
from services.gateway.repositories import audit

log = get_logger()

_UNKNOWN = "unknown_operation"


class AuditedRoute(SmallBodyRoute):
    """A route of the gateway's own. What it refuses somebody who is known is written down as well, after it."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # pyright: ignore[reportIncompatibleMethodOverride] - a coroutine is awaitable
        handle = super().get_route_handler()

        async def handle_audited(request: Request) -> Response:
            try:
                return await handle(request)
            except AppError as error:
                caller = getattr(request.state, "caller", None)
                if caller is not None and request.method not in READING:
                    await note(request, caller, status=status_of(error), open_uow=uow_factory(request))
                raise

        return handle_audited


class Clerk:
    """Writes down what a route of our own has done, in the transaction that does it."""

    def __init__(self, request: Request, caller: Caller) -> None:
        self._request = request
        self._caller = caller

    async def write(self, uow: UnitOfWork, *, status: int = 200, into: UUID | None = None, **made: object) -> None:
        """`made` names what the request's path does not: what it made, or whom it is about. It stands in the log of the
        caller's workspace, or `into` that of another."""
        subjects = {name: str(value) for name, value in made.items()}
        caller = self._caller if into is None else replace(self._caller, workspace_id=into)
        await audit.add(uow.conn, deed(self._request, caller, status=status, also=subjects))


def current_clerk(request: Request, caller: CurrentCaller) -> Clerk:
    """For routes that change something."""
    request.state.caller = caller
    return Clerk(request, caller)


CurrentClerk = Annotated[Clerk, Depends(current_clerk)]


def deed(request: Request, caller: Caller, *, status: int | None, also: Mapping[str, str] | None = None) -> Deed:
    """What is kept of a request. `status` is None where it got no answer: it may have been done."""
    return deed_of(caller, sighting_of(request, status=status, also=also), id_=new_id())


def sighting_of(request: Request, *, status: int | None, also: Mapping[str, str] | None = None) -> Sighting:
    """The same, whoever makes it."""
    path: str = request.scope["path"]
    operation = known_operations().find(request.method, path) or Operation(_UNKNOWN, path, {})
    return Sighting(
        method=request.method,
        route=operation.route,
        operation=operation.id,
        subjects={**operation.subjects, **(also or {})},
        status=status,
        outcome="unknown" if status is None else outcome_of(status),
        request_id=request_id_of(request),
        client_address=client_address(request, proxies=resources_of(request).settings.proxies_in_front),
    )


async def note(
    request: Request,
    caller: Caller,
    *,
    status: int | None,
    open_uow: OpenUow,
    also: Mapping[str, str] | None = None,
) -> None:
    """Write down what is over. Where that fails the entry stands in the service's own log, and a metric says so."""
    entry = deed(request, caller, status=status, also=also)
    try:
        async with open_uow.alone() as conn:
            await audit.add(conn, entry)
    except Exception as error:
        metrics.AUDIT_ENTRIES_LOST.inc()
        log.exception(
            "audit.entry_lost",
            error=str(error),
            workspace_id=str(entry.workspace_id),
            user_id=str(entry.user_id),
            key_id=str(entry.key_id or ""),
            operation=entry.operation,
            subjects=dict(entry.subjects),
            outcome=entry.outcome,
            client_address=entry.client_address,
        )
