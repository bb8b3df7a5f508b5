"""The gateway's tables, a module per concern. Whoever wants one imports it from here."""

from services.gateway.tables.base import COMMON, METADATA
from services.gateway.tables.deletions import deletion_answers, deletions
from services.gateway.tables.entitlements import caller_buckets, entitlements, request_buckets
from services.gateway.tables.erasures import erasure_answers, erasures
from services.gateway.tables.people import attempts, mail_requests, mailed_tokens, refresh_tokens, sessions, users
from services.gateway.tables.telling import live_events, mails
from services.gateway.tables.webhooks import webhook_deliveries, webhook_endpoints
from services.gateway.tables.workspaces import api_keys, audit_entries, invitations, memberships, workspaces

__all__ = [
    "COMMON",
    "METADATA",
    "api_keys",
    "attempts",
    "audit_entries",
    "caller_buckets",
    "deletion_answers",
    "deletions",
    "entitlements",
    "erasure_answers",
    "erasures",
    "invitations",
    "live_events",
    "mail_requests",
    "mailed_tokens",
    "mails",
    "memberships",
    "refresh_tokens",
    "request_buckets",
    "sessions",
    "users",
    "webhook_deliveries",
    "webhook_endpoints",
    "workspaces",
]
