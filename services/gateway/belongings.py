"""What the gateway has of a workspace, table by table: children before what they hang on."""

from libs.common.belonging import Belongings, Part
from services.gateway import tables

_PROOF = "the proof: who deleted the workspace and when, and how much each service has erased"

BELONGINGS = Belongings(
    "gateway",
    (
        Part(tables.webhook_deliveries, "endpoint_id", tables.webhook_endpoints),
        Part(tables.webhook_endpoints),
        Part(tables.api_keys),
        Part(tables.invitations),
        Part(tables.memberships),
        Part(tables.live_events, "tenant_id", untold="a day's events; the export has what they tell of"),
        Part(tables.erasure_answers, "erasure_id", tables.erasures),
        Part(tables.erasures, secret=frozenset({"email"})),
        Part(tables.entitlements, untold="the export has them from billing"),
        Part(tables.request_buckets, untold="how many requests are left in this minute"),
        Part(tables.METADATA.tables["gateway.repeated_requests"], untold="answers kept for repeated requests"),
        Part(tables.mails, secret=frozenset({"body_text", "body_html"})),
        Part(tables.COMMON.dead_letters, "tenant_id", untold="the operators' own: messages that could not be handled"),
        Part(tables.audit_entries),
        Part(tables.workspaces, "id"),
        Part(tables.deletion_answers, kept=_PROOF, untold=_PROOF),
        Part(tables.deletions, kept=_PROOF, untold=_PROOF),
        Part(tables.COMMON.deleted_workspaces, kept="the tombstone", untold="there is none while there is an export"),
    ),
    nobodys={
        "attempts": "digests, for minutes",
        "caller_buckets": "how many requests a person has left in this minute",
        "mail_requests": "a person's wish for a mail, for seconds",
        "mailed_tokens": "a person's",
        "refresh_tokens": "a person's",
        "sessions": "a person's",
        "users": "a person's: they may be in other workspaces",
        "inbox": "ids of messages, for 30 days",
        "outbox": "events on their way, until a day after they went out",
        "schedules": "the clock",
    },
)
