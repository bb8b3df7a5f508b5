"""What ingest has of a workspace, table by table: children before what they hang on."""

from libs.common.belonging import Belongings, Part
from services.ingest import tables

_JOB = "job_id"
_UPLOAD = "upload_id"
_STORAGE = "says where rows lie in storage; the export has the file as it was sent"

BELONGINGS = Belongings(
    "ingest",
    (
        Part(tables.results, _JOB, tables.jobs),
        Part(tables.line_reviews, _JOB, tables.jobs),
        Part(tables.line_review_log, _JOB, tables.jobs),
        Part(tables.chunks, _JOB, tables.jobs, untold=_STORAGE),
        Part(tables.exports, untold="sheets that can be made again from the results"),
        Part(tables.job_log, _JOB, tables.jobs),
        Part(tables.usage_calls, _JOB, tables.usage_days, parent_key=_JOB),
        Part(tables.usage_days),
        Part(tables.sourcing_people, "sourcing_id", tables.sourcings),
        Part(tables.sourcing_batches, "sourcing_id", tables.sourcings),
        Part(tables.sourcings),
        Part(tables.known_people),
        Part(tables.plain_lists),
        Part(tables.lead_keys, untold="hashes by which repeated rows are found"),
        Part(tables.upload_chunks, _UPLOAD, tables.uploads, untold=_STORAGE),
        Part(tables.upload_parts, _UPLOAD, tables.uploads, untold=_STORAGE),
        Part(tables.upload_problems, _UPLOAD, tables.uploads),
        Part(tables.erased_rows, _UPLOAD, tables.uploads, untold="says which rows are empty"),
        Part(tables.jobs),
        Part(tables.uploads),
        Part(tables.erasures, untold="names people who asked to be forgotten"),
        Part(tables.mapping_memories),
        Part(tables.own_keys),
        Part(tables.provider_states, untold="how the workspace's own provider accounts are right now"),
        Part(tables.entitlements),
        Part(tables.METADATA.tables["ingest.repeated_requests"], untold="answers kept for repeated requests"),
        Part(tables.COMMON.dead_letters, "tenant_id", untold="the operators' own: messages that could not be handled"),
        Part(tables.workspaces, "id"),
        Part(tables.COMMON.deleted_workspaces, kept="the tombstone", untold="there is none while there is an export"),
    ),
    nobodys={
        "apollo_pauses": "how an installation's account is",
        "dispatch_rounds": "whose turn it is",
        "enrich_replicas": "how many rows replicas hold",
        "price_lists": "the same for all",
        "inbox": "ids of messages, for 30 days",
        "outbox": "events on their way, until a day after they went out",
        "schedules": "the clock",
    },
)
