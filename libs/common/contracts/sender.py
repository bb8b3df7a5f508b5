"""What the sender says: campaigns that begin and end, the outcome of each send, mailboxes that rest until a person looks."""

from uuid import UUID

from libs.common.contracts.envelope import Event, Payload


class _EmailOutcome(Event):
    campaign_id: UUID
    email_id: UUID
    lead_id: UUID
    step: int
    recipient: str
    reason: str | None = None


class SentEmail(Payload):
    """One that the provider accepted."""

    email_id: UUID
    lead_id: UUID
    step: int
    recipient: str


class EmailsSent(Event):
    """The provider accepted them: what was recorded of a campaign by one transaction."""

    type = "sender.emails.sent"

    campaign_id: UUID
    emails: list[SentEmail]


class EmailDeferred(_EmailOutcome):
    """Proven not accepted; will be tried again."""

    type = "sender.email.deferred"


class EmailFailed(_EmailOutcome):
    """Refused for good."""

    type = "sender.email.failed"


class EmailUnknown(_EmailOutcome):
    """Nobody can know whether it was accepted. Never retried blindly; a person decides."""

    type = "sender.email.unknown"


class CampaignStarted(Event):
    """A campaign sends from here on: all rows of its list are in; or it was finished, and mail that had failed is sent again.

    One that goes on after a pause has not been started anew.
    """

    type = "sender.campaign.started"

    campaign_id: UUID
    name: str


class CampaignFinished(Event):
    """A campaign sends nothing more: nobody of its list is left to write to, or a person has ended it, also as a draft."""

    type = "sender.campaign.finished"

    campaign_id: UUID
    name: str
    ended_by_person: bool


class MailboxPaused(Event):
    """A mailbox of a workspace was paused by itself: only a person lets it go on.

    `reason` is login_refused, consent_revoked, blocked, bounces or complaints; `detail` a sentence that says what to do.
    """

    type = "sender.mailbox.paused"

    mailbox_id: UUID
    address: str
    reason: str
    detail: str


class LeadErased(Event):
    """The sender keeps nothing of the person any more. `erased` counts what there was, by kind."""

    type = "sender.lead.erased"

    erasure_id: UUID
    erased: dict[str, int]


class WorkspaceErased(Event):
    """Nothing is left of a deleted workspace but what has to stay. `erased` counts the rows that have gone, by table."""

    type = "sender.workspace.erased"

    workspace_id: UUID
    erased: dict[str, int]
