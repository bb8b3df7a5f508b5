"""Every event there is, and who listens on which queue.

The topology, the documents and the tests are made from this.
"""

from libs.common.contracts import billing, enrich, gateway, ingest, sender
from libs.common.contracts.envelope import Event

EVENTS: tuple[type[Event], ...] = (
    gateway.WorkspaceCreated,
    ingest.UploadReceived,
    ingest.UploadMapped,
    ingest.JobCreated,
    ingest.JobCeilingRaised,
    ingest.JobCeilingLowered,
    ingest.ChunkCreated,
    ingest.ChunkCompleted,
    ingest.JobMerging,
    ingest.ExportRequested,
    ingest.JobProgressed,
    ingest.JobPaused,
    ingest.JobParked,
    ingest.JobResumed,
    ingest.JobCompleted,
    ingest.JobFailed,
    ingest.JobCancelled,
    ingest.SourcingCreated,
    ingest.SourcingBatchRevealed,
    ingest.SourcingEnded,
    ingest.RecipientsPublished,
    ingest.RecipientsCorrected,
    enrich.ChunkEnriched,
    enrich.ChunkReturned,
    enrich.ChunkFailed,
    enrich.ProviderExhausted,
    enrich.ProviderRecovered,
    enrich.ProviderKeysChanged,
    enrich.CapacityAnnounced,
    billing.PricesChanged,
    billing.HoldPlaced,
    billing.HoldDeclined,
    billing.HoldRaised,
    billing.HoldRaiseDeclined,
    billing.HoldQuestioned,
    billing.CreditsCaptured,
    billing.CreditsReleased,
    billing.CreditsGranted,
    billing.CreditsRefunded,
    billing.CreditsTakenBack,
    billing.BalanceLow,
    billing.EntitlementsChanged,
    billing.SubscriptionChanged,
    billing.PaymentFailed,
    billing.TopUpTurned,
    billing.StripeEventStored,
    billing.LedgerDiffers,
    sender.EmailSent,
    sender.EmailDeferred,
    sender.EmailFailed,
    sender.EmailUnknown,
)

BY_ROUTING_KEY: dict[str, type[Event]] = {event.routing_key(): event for event in EVENTS}

_JOB_ENDED = (ingest.JobCompleted, ingest.JobFailed, ingest.JobCancelled)
_JOB_TURNED = (ingest.JobPaused, ingest.JobParked, ingest.JobResumed)
_PROVIDER_TURNED = (enrich.ProviderExhausted, enrich.ProviderRecovered)

HISTORY: tuple[type[Event], ...] = (
    *_JOB_TURNED,
    *_JOB_ENDED,
    *_PROVIDER_TURNED,
    ingest.SourcingEnded,
    billing.HoldPlaced,
    billing.HoldDeclined,
    billing.CreditsCaptured,
    billing.CreditsReleased,
    billing.CreditsGranted,
    billing.CreditsRefunded,
    billing.CreditsTakenBack,
    billing.BalanceLow,
    billing.EntitlementsChanged,
    billing.SubscriptionChanged,
    billing.PaymentFailed,
    billing.TopUpTurned,
    sender.EmailSent,
    sender.EmailDeferred,
    sender.EmailFailed,
    sender.EmailUnknown,
)
"""What a browser may see and may ask for again."""

LIVE: tuple[type[Event], ...] = (*HISTORY, ingest.JobProgressed)
"""What is pushed to browsers: also through each gateway replica's own transient queue."""

LISTENERS: dict[str, tuple[type[Event], ...]] = {
    "ingest.open_workspace": (gateway.WorkspaceCreated,),
    "ingest.read_upload": (ingest.UploadReceived,),
    "ingest.check_upload": (ingest.UploadMapped,),
    "ingest.note_entitlements": (billing.EntitlementsChanged,),
    "ingest.update_prices": (billing.PricesChanged,),
    "ingest.apply_hold_answer": (billing.HoldPlaced, billing.HoldDeclined),
    "ingest.apply_raise_answer": (billing.HoldRaised, billing.HoldRaiseDeclined),
    "ingest.answer_question": (billing.HoldQuestioned,),
    "ingest.note_capacity": (enrich.CapacityAnnounced,),
    "ingest.record_results": (enrich.ChunkEnriched,),
    "ingest.take_back_chunk": (enrich.ChunkReturned,),
    "ingest.fail_chunk": (enrich.ChunkFailed,),
    "ingest.apply_provider_state": _PROVIDER_TURNED,
    "ingest.note_own_keys": (enrich.ProviderKeysChanged,),
    "ingest.merge_results": (ingest.JobMerging,),
    "ingest.write_export": (ingest.ExportRequested,),
    "enrich.enrich_chunk": (ingest.ChunkCreated,),
    "enrich.follow_job": (*_JOB_TURNED, *_JOB_ENDED),
    "billing.open_account": (gateway.WorkspaceCreated,),
    "billing.entitle_workspace": (gateway.WorkspaceCreated,),
    "billing.place_hold": (ingest.JobCreated,),
    "billing.raise_hold": (ingest.JobCeilingRaised,),
    "billing.lower_hold": (ingest.JobCeilingLowered,),
    "billing.note_job_state": _JOB_TURNED,
    "billing.capture_chunk": (ingest.ChunkCompleted,),
    "billing.settle_job": _JOB_ENDED,
    "billing.place_sourcing_hold": (ingest.SourcingCreated,),
    "billing.capture_sourcing_batch": (ingest.SourcingBatchRevealed,),
    "billing.settle_sourcing": (ingest.SourcingEnded,),
    "billing.apply_stripe_event": (billing.StripeEventStored,),
    "sender.open_workspace": (gateway.WorkspaceCreated,),
    "sender.note_entitlements": (billing.EntitlementsChanged,),
    "sender.import_recipients": (ingest.RecipientsPublished,),
    "sender.correct_recipients": (ingest.RecipientsCorrected,),
    "gateway.record_history": HISTORY,
    "gateway.note_entitlements": (billing.EntitlementsChanged,),
    "gateway.mail_notices": (
        billing.BalanceLow,
        billing.PaymentFailed,
        billing.TopUpTurned,
        billing.SubscriptionChanged,
        billing.LedgerDiffers,
    ),
}
"""Queue (`<service>.<use_case>`) → the events bound to it. One queue per use case."""
