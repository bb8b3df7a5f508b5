"""The data are those of a moment in the past: nothing is bought by itself before a person has said so."""

from datetime import datetime

from libs.common.uow import OpenUow
from services.billing.domain.watching.notices import restored_reason
from services.billing.repositories.watching import top_ups


async def note_restore(open_uow: OpenUow, moment: datetime) -> str:
    """Before billing is started. Key: the rules that are on, so that a second time finds none. Answers what was done.

    What was bought since comes back by the reconciliation, which reads Stripe's events from before that moment on. A purchase
    that was under way then is asked for under its own key, so that Stripe answers what it has answered.
    """
    async with open_uow() as uow:
        count = await top_ups.turn_all_off(uow.conn, reason=restored_reason(moment))
    return f"{count} automatic top-ups are off until their owners turn them on again."
