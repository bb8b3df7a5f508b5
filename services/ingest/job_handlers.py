"""The bus edge of jobs: one small function per queue."""

import functools
from collections.abc import Sequence

from libs.common.clock import utc_now
from libs.common.contracts.billing import (
    EntitlementsChanged,
    HoldDeclined,
    HoldPlaced,
    HoldQuestioned,
    HoldRaised,
    HoldRaiseDeclined,
    PricesChanged,
)
from libs.common.contracts.enrich import (
    CapacityAnnounced,
    ChunkEnriched,
    ChunkFailed,
    ChunkReturned,
    ProviderExhausted,
    ProviderKeysChanged,
    ProviderRecovered,
)
from libs.common.contracts.gateway import LeadErased, WorkspaceCreated, WorkspaceDeleted
from libs.common.messaging.consumer import Subscription
from libs.common.platform import Platform
from libs.common.uow import Message, OpenUow, UnitOfWork
from services.ingest.resources import Resources
from services.ingest.use_cases import answer_question as answering
from services.ingest.use_cases import answer_sourcing_question as answering_of_leads
from services.ingest.use_cases import apply_hold_answer as holding
from services.ingest.use_cases import apply_provider_state as providing
from services.ingest.use_cases import apply_raise_answer as raising
from services.ingest.use_cases import apply_sourcing_hold as holding_for_leads
from services.ingest.use_cases import delete_workspace as deleting
from services.ingest.use_cases import erase_lead as erasing
from services.ingest.use_cases import fail_chunk as failing
from services.ingest.use_cases import merge_results as merging
from services.ingest.use_cases import note_capacity as noting
from services.ingest.use_cases import note_entitlements as noting_entitlements
from services.ingest.use_cases import note_own_keys as noting_keys
from services.ingest.use_cases import open_workspace as opening
from services.ingest.use_cases import record_results as recording
from services.ingest.use_cases import take_back_chunk as returning
from services.ingest.use_cases import update_prices as pricing
from services.ingest.use_cases import write_export as exporting

BEGIN_TIMEOUT_S = 600
"""A job's chunks are laid out, and its repeated rows found, in the transaction that begins it."""
MERGE_TIMEOUT_S = 1500
"""Below the broker's 30 minutes for an unacked delivery."""


async def open_workspace(event: WorkspaceCreated, *, uow: UnitOfWork, message: Message) -> None:
    """Keep a new workspace."""
    del message
    await opening.open_workspace(event, uow=uow)


async def delete_workspace(event: WorkspaceDeleted, *, uow: UnitOfWork, message: Message) -> None:
    """A workspace has gone."""
    del message
    await deleting.delete_workspace(event.workspace_id, uow=uow)


async def note_entitlements(event: EntitlementsChanged, *, uow: UnitOfWork, message: Message) -> None:
    """Keep what a workspace may do."""
    await noting_entitlements.note_entitlements(event, workspace_id=message.tenant_id, uow=uow)


async def update_prices(event: PricesChanged, *, uow: UnitOfWork, message: Message) -> None:
    """Keep a version of the price list."""
    del message
    await pricing.update_prices(event, uow=uow)


async def apply_hold_answer(event: HoldPlaced | HoldDeclined, *, uow: UnitOfWork, message: Message) -> None:
    """Begin the job (or the sourcing), or decline it."""
    if event.subject == "sourcing":
        await holding_for_leads.apply_sourcing_hold(event, uow=uow, workspace_id=message.tenant_id, now=utc_now())
        return
    await holding.apply_hold_answer(event, uow=uow, workspace_id=message.tenant_id, now=utc_now())


async def apply_raise_answer(event: HoldRaised | HoldRaiseDeclined, *, uow: UnitOfWork, message: Message) -> None:
    """Let the job spend more, or keep its ceiling."""
    await raising.apply_raise_answer(event, uow=uow, workspace_id=message.tenant_id, now=utc_now())


async def answer_question(event: HoldQuestioned, *, uow: UnitOfWork, message: Message) -> None:
    """Say how the job (or the sourcing) stands."""
    if event.subject == "sourcing":
        await answering_of_leads.answer_sourcing_question(event, uow=uow, workspace_id=message.tenant_id)
        return
    await answering.answer_question(event, uow=uow, workspace_id=message.tenant_id)


async def record_results(event: ChunkEnriched, *, uow: UnitOfWork, message: Message) -> None:
    """Store results; the first valid answer wins."""
    await recording.record_results(event, uow=uow, workspace_id=message.tenant_id, now=utc_now())


async def take_back_chunk(event: ChunkReturned, *, uow: UnitOfWork, message: Message) -> None:
    """Have a chunk wait for its time."""
    await returning.take_back_chunk(event, uow=uow, workspace_id=message.tenant_id, now=utc_now())


async def fail_chunk(event: ChunkFailed, *, uow: UnitOfWork, message: Message) -> None:
    """Count a chunk's rows as failed."""
    await failing.fail_chunk(event, uow=uow, workspace_id=message.tenant_id, now=utc_now())


async def apply_provider_state(
    event: ProviderExhausted | ProviderRecovered, *, uow: UnitOfWork, message: Message
) -> None:
    """Park or resume jobs."""
    del message
    await providing.apply_provider_state(event, uow=uow, now=utc_now())


async def note_own_keys(event: ProviderKeysChanged, *, uow: UnitOfWork, message: Message) -> None:
    """Note which keys a workspace brings itself."""
    del message
    await noting_keys.note_own_keys(event, uow=uow, now=utc_now())


async def note_capacity(event: CapacityAnnounced, *, message: Message, open_uow: OpenUow) -> None:
    """Note what a replica can hold. Opens its own unit of work: an announcement leaves no inbox row behind."""
    async with open_uow() as uow:
        await noting.note_capacity(event, uow=uow, said_at=message.envelope.occurred_at, now=utc_now())


async def erase_lead(event: LeadErased, *, uow: UnitOfWork, message: Message) -> None:
    """A person asks to be forgotten."""
    await erasing.erase_lead(event, uow=uow, workspace_id=message.tenant_id)


def job_subscriptions(platform: Platform, resources: Resources) -> Sequence[Subscription]:
    """The queues of jobs."""
    open_uow = platform.open_uow
    merge = functools.partial(merging.merge_results, open_uow=open_uow, resources=resources)
    return (
        Subscription("ingest.open_workspace", open_workspace),
        Subscription("ingest.delete_workspace", delete_workspace, prefetch=2),
        Subscription("ingest.erase_lead", erase_lead, prefetch=2),
        Subscription("ingest.note_entitlements", note_entitlements, prefetch=2),
        Subscription("ingest.update_prices", update_prices),
        Subscription("ingest.apply_hold_answer", apply_hold_answer, timeout_s=BEGIN_TIMEOUT_S),
        Subscription("ingest.apply_raise_answer", apply_raise_answer),
        Subscription("ingest.answer_question", answer_question, prefetch=1),
        Subscription("ingest.record_results", record_results, prefetch=4, on_dead=failing.fail_unrecorded),
        Subscription("ingest.take_back_chunk", take_back_chunk),
        Subscription("ingest.fail_chunk", fail_chunk),
        Subscription("ingest.apply_provider_state", apply_provider_state, prefetch=1),
        Subscription("ingest.note_own_keys", note_own_keys, prefetch=1),
        Subscription(
            "ingest.note_capacity", functools.partial(note_capacity, open_uow=open_uow), calls_out=True, prefetch=1
        ),
        Subscription(
            "ingest.merge_results",
            merge,
            calls_out=True,
            prefetch=2,
            timeout_s=MERGE_TIMEOUT_S,
            on_dead=merging.fail_unmerged,
        ),
        Subscription(
            "ingest.write_export",
            functools.partial(exporting.write_export, open_uow=open_uow, resources=resources),
            calls_out=True,
            prefetch=2,
            timeout_s=MERGE_TIMEOUT_S,
            on_dead=exporting.fail_unwritten,
        ),
    )
