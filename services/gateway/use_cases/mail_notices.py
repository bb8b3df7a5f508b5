"""There is news that should not wait until somebody looks: a mail to the workspace's owners, or to operators."""

from dataclasses import dataclass

from libs.common.contracts.billing import BalanceLow, LedgerDiffers, PaymentFailed, SubscriptionChanged, TopUpTurned
from libs.common.contracts.sender import MailboxPaused
from libs.common.money import amount_of
from libs.common.uow import Message, UnitOfWork
from services.gateway.domain import notices
from services.gateway.domain.mails import Words
from services.gateway.repositories import mails

News = BalanceLow | PaymentFailed | TopUpTurned | SubscriptionChanged | LedgerDiffers | MailboxPaused


@dataclass(frozen=True)
class Readers:
    """Who is written to beside owners, and where the web app's pages are that mails lead to."""

    operators: tuple[str, ...]
    billing_page: str
    mailboxes_page: str


async def mail_notices(event: News, *, uow: UnitOfWork, message: Message, readers: Readers) -> None:
    """Key: the event and the address: `mails` is unique in both. They are sent by the clock (`send_mails`)."""
    workspace_id = message.tenant_id
    source = f"event:{message.envelope.id}"
    if isinstance(event, LedgerDiffers):
        words = notices.ledger_differs(str(workspace_id), checks=event.checks)
        await mails.queue(uow.conn, words, source=source, addresses=readers.operators, workspace_id=workspace_id)
        return
    name, owners = await mails.owners_of(uow.conn, workspace_id)
    if isinstance(event, MailboxPaused):
        told = notices.mailbox_paused(name, address=event.address, detail=event.detail, page=readers.mailboxes_page)
    else:
        told = _words(event, name, page=readers.billing_page)
    if told is not None:
        await mails.queue(uow.conn, told, source=source, addresses=owners, workspace_id=workspace_id)


def _words(
    event: BalanceLow | PaymentFailed | TopUpTurned | SubscriptionChanged, name: str, *, page: str
) -> Words | None:
    match event:
        case BalanceLow():
            return notices.low_balance(name, available=event.available, threshold=event.threshold, page=page)
        case PaymentFailed():
            return notices.payment_failed(
                name,
                what=event.payment_for,
                amount=amount_of(event.amount_minor, event.currency),
                reason=event.reason,
                tried=event.tried,
                pay_url=event.pay_url,
                page=page,
            )
        case TopUpTurned(state="failed"):
            return notices.top_up_failed(
                name, credits_=event.credits, reason=event.reason, pay_url=event.pay_url, page=page
            )
        case TopUpTurned(state="maximum_reached"):
            spent = amount_of(event.spent_this_month_minor, event.currency)
            return notices.top_up_maximum(name, spent=spent, page=page)
        case TopUpTurned():
            return None
        case SubscriptionChanged():
            return notices.subscription_turned(name, status=event.status, plan=event.plan, page=page)
