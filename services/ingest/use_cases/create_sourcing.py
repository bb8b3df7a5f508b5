"""Create a sourcing: write it as `reserving` and ask billing for the hold."""

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from libs.common.errors import Conflict
from libs.common.ids import new_id
from libs.common.uow import UnitOfWork
from services.ingest.clients.accounts import Account
from services.ingest.domain.lead_search import Filters, check_filters, check_wanted
from services.ingest.domain.sourcing import Sourcing, SourcingState
from services.ingest.domain.specs import spec_hash
from services.ingest.repositories import prices, sourcings
from services.ingest.use_cases.turn_sourcing import publish_state


@dataclass(frozen=True)
class SourcingRequest:
    """What somebody asks for: up to `wanted` leads; with `skip_known` none whom the workspace has paid for before."""

    filters: Filters
    wanted: int
    name: str
    skip_known: bool = False

    @property
    def fingerprint(self) -> str:
        return spec_hash(asdict(self))


async def create_sourcing(
    uow: UnitOfWork,
    request: SourcingRequest,
    *,
    account: Account,
    workspace_id: UUID,
    user_id: UUID,
    idempotency_key: str | None,
    now: datetime,
) -> Sourcing:
    """One sourcing per (workspace, idempotency key): the second click answers with the first one's as it is then.

    Raises Conflict `apollo_no_key`, `idempotency_key_reused`; Invalid `no_filter`, `too_many_leads`; Transient without
    prices.
    """
    check_filters(request.filters)
    check_wanted(request.wanted)
    if (known := await _known(uow, request, workspace_id=workspace_id, key=idempotency_key)) is not None:
        return known
    account.require()
    price = await prices.newest(uow.conn)
    sourcing = Sourcing(
        id=new_id(),
        workspace_id=workspace_id,
        user_id=user_id,
        name=request.name,
        filters=sourcings.as_json(request.filters),
        skip_known=request.skip_known,
        wanted=request.wanted,
        state=SourcingState.RESERVING,
        price_version=price.version,
        credits_per_lead=price.credits_per_lead,
        sandboxed=account.mode == "sandbox",
        created_at=now,
        state_changed_at=now,
    )
    if not await sourcings.insert_new(
        uow.conn, sourcing, idempotency_key=idempotency_key, fingerprint=request.fingerprint
    ):
        first = await _known(uow, request, workspace_id=workspace_id, key=idempotency_key)
        assert first is not None, "somebody has written a sourcing under this key"
        return first
    publish_state(uow, sourcing)
    return sourcing


async def _known(uow: UnitOfWork, request: SourcingRequest, *, workspace_id: UUID, key: str | None) -> Sourcing | None:
    found = None if key is None else await sourcings.find_by_key(uow.conn, workspace_id=workspace_id, key=key)
    if found is None:
        return None
    sourcing, fingerprint = found
    if fingerprint != request.fingerprint:
        msg = f"idempotency key {key!r} was used for another request (sourcing {sourcing.id}): take a new key"
        raise Conflict(msg, code="idempotency_key_reused", extra={"sourcing_id": str(sourcing.id)})
    return sourcing
