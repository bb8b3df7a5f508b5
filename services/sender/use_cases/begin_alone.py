"""One mail is begun by itself, in its own transaction, from reading its words to taking its slot."""

from collections.abc import Callable
from datetime import datetime

from libs.common.logs import get_logger
from libs.common.uow import UnitOfWork
from services.sender.domain.message import Letter
from services.sender.domain.sending import SendTiming
from services.sender.repositories import plan, planning
from services.sender.repositories.claims import Claim
from services.sender.repositories.words import Words, load_words
from services.sender.tables import slots
from services.sender.use_cases.begin_sending import Begun, begin_sending
from services.sender.use_cases.claim_emails import give_back_claims
from services.sender.use_cases.prepare_mail import Prepared

log = get_logger()


async def begin_alone(
    uow: UnitOfWork, claim: Claim, *, prepare: Callable[[Claim, Words], Prepared], now: datetime, timing: SendTiming
) -> tuple[Begun, Letter | None]:
    """The letter to call for, where it is begun. A mail that a fault of ours keeps from being made fails with a dead letter, from
    which it is replayed: claimed again and again, it would fall over each time. Without its row it is given back at once."""
    words = await load_words(uow.conn, claim.enrolment_id)
    if words is None:
        await give_back_claims(uow, [claim], now=now)
        # With its slot it would be claimed again at once.
        today, _ = await plan.day_end(uow.conn, workspace_id=claim.workspace_id, now=now)
        await plan.release_assigned(uow.conn, slots.c.email_id == claim.email_id, today=today)
        await planning.ask(uow.conn, claim.workspace_id)
        return Begun("planned", "row_gone"), None
    try:
        mail = prepare(claim, words)
    except Exception as error:
        log.exception("email.not_made", email_id=str(claim.email_id), campaign_id=str(claim.campaign_id))
        fault = (
            f"mail_not_made: a fault of ours ({type(error).__name__}) kept the mail from being made; replay it later"
        )
        mail = Prepared(None, problem=fault)
    begun = await begin_sending(uow, claim, now=now, timing=timing, subject=mail.subject, problem=mail.problem)
    return begun, mail.letter if begun.state == "go" else None
