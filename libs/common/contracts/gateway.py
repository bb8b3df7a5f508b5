"""What the gateway says: tenants."""

from uuid import UUID

from libs.common.contracts.envelope import Event


class WorkspaceCreated(Event):
    """A workspace (tenant) exists. `time_zone` is an IANA name: its day is the day of quotas."""

    type = "gateway.workspace.created"

    workspace_id: UUID
    name: str
    owner_user_id: UUID
    time_zone: str = "UTC"
