"""What enrich has of a workspace, table by table: children before what they hang on."""

from libs.common.belonging import Belongings, Part
from services.enrich import tables

_JOB = "job_id"
_INNER = "what rows under way have come to; the export has their results from ingest"

BELONGINGS = Belongings(
    "enrich",
    (
        Part(tables.row_work, _JOB, tables.job_states, parent_key=_JOB, untold=_INNER),
        Part(tables.checkpoints, _JOB, tables.job_states, parent_key=_JOB, untold=_INNER),
        Part(tables.erased_rows, _JOB, tables.job_states, parent_key=_JOB, untold="says which rows are forgotten"),
        Part(
            tables.company_research,
            "tenant_id",
            untold="compressed notes; the export has what came of them with each row",
        ),
        Part(tables.job_catalogues),
        Part(tables.catalogue_versions),
        Part(tables.limit_days, "tenant_id", untold="shares of an account's day"),
        Part(tables.provider_keys),
        Part(tables.provider_key_changes, untold="orders what is told of keys"),
        Part(tables.erasures, "tenant_id", untold="names people who asked to be forgotten"),
        Part(tables.COMMON.dead_letters, "tenant_id", untold="the operators' own: messages that could not be handled"),
        Part(
            tables.job_states,
            "tenant_id",
            kept="ids of jobs, all of them ended: what is late for one is known by it, and goes",
            untold="how far jobs are; the export has them from ingest",
        ),
        Part(tables.COMMON.deleted_workspaces, kept="the tombstone", untold="there is none while there is an export"),
    ),
    nobodys={
        "company_websites": "public pages by domain, with nothing of a workspace",
        "limit_lines": "how an account stands; a workspace's own is deleted with its keys",
        "provider_states": "how an account is; a workspace's own is deleted with its keys",
        "inbox": "ids of messages, for 30 days",
        "outbox": "events on their way, until a day after they went out",
        "schedules": "the clock",
    },
)
