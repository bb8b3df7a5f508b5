"""What the gateway says: tenants, and who is no longer of them."""

from uuid import UUID

from libs.common.contracts.envelope import Event


class WorkspaceCreated(Event):
    """A workspace (tenant) exists. `time_zone` is an IANA name: its day is the day of quotas. `for_newcomer`: it was made at its
    owner's first sign-in, which happens once to everybody; such a one is given trial credits."""

    type = "gateway.workspace.created"

    workspace_id: UUID
    name: str
    owner_user_id: UUID
    time_zone: str = "UTC"
    for_newcomer: bool = False


class WorkspaceChanged(Event):
    """A workspace has another name, or its day another zone. The highest `workspace_version` holds, in whatever order they are
    heard."""

    type = "gateway.workspace.changed"

    workspace_id: UUID
    workspace_version: int
    name: str
    time_zone: str


class AccessEnded(Event):
    """Somebody is a member of the workspace no more, or (with `key_id`) an API key of theirs is revoked."""

    type = "gateway.access.ended"

    workspace_id: UUID
    user_id: UUID
    key_id: UUID | None = None


class LeadErased(Event):
    """A person asked a workspace to be forgotten: every service erases what the workspace has of them, in portions, and answers
    once with its own `lead.erased`. `email` is normalised; the outbox keeps it for a day after the event went out."""

    type = "gateway.lead.erased"

    erasure_id: UUID
    email: str


class WebhookDisabled(Event):
    """An endpoint of a workspace's webhooks was disabled by itself: it is gone (410), or has failed for three days."""

    type = "gateway.webhook.disabled"

    webhook_id: UUID
    reason: str


class WorkspaceDeleted(Event):
    """A workspace is deleted: nobody works in it any more. Every service stops what it does for it, erases what it has of it in
    portions, and answers once with its own `workspace.erased`."""

    type = "gateway.workspace.deleted"

    workspace_id: UUID
