"""Some mails over one connection: begun in one transaction, called one after the other, recorded in another.

What cannot be begun or recorded together is begun or recorded alone. What was begun and is not called any more is taken back.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from libs.common.logs import get_logger
from services.sender import metrics
from services.sender.clients.mailbox import Mailbox
from services.sender.domain.message import Letter
from services.sender.domain.pace import LATEST_S
from services.sender.domain.sending import Accepted, NotCalled, Outcome
from services.sender.domain.writing import Writer
from services.sender.repositories import handfuls, taking_back
from services.sender.repositories.claims import Claim
from services.sender.repositories.words import Words
from services.sender.use_cases.begin_alone import begin_alone
from services.sender.use_cases.begin_sending import Begun, begin_together
from services.sender.use_cases.prepare_mail import Prepared, prepare_mail
from services.sender.use_cases.record_for_sure import AWAY, record_for_sure
from services.sender.use_cases.record_outcome import record_accepted
from services.sender.use_cases.send_context import SendContext

log = get_logger()

_LOST = NotCalled("the database was lost before the call")
_LEFT = NotCalled("begun, and not called in time")


@dataclass(frozen=True)
class Sent:
    """What became of a handful: an outcome for each call, after None for each mail that was not to be sent. The calls took
    `seconds`."""

    outcomes: Sequence[Outcome | None]
    seconds: float

    @property
    def calls(self) -> int:
        return sum(outcome is not None for outcome in self.outcomes)

    @property
    def accepted(self) -> bool:
        """Whether all of it was accepted."""
        return all(isinstance(outcome, Accepted) for outcome in self.outcomes)


class Handful:
    """Claims that are sent in their order, up to the first that is not accepted. `send` is called once."""

    def __init__(
        self, context: SendContext, mailbox: Mailbox, claims: Sequence[Claim], *, stopping: Callable[[], bool]
    ) -> None:
        self._context = context
        self._mailbox = mailbox
        self._claims = claims
        self._stopping = stopping
        self._stopped = False
        self._began = 0.0
        self._begun: deque[tuple[Claim, Letter]] = deque()
        """Begun and not called."""
        self._accepted: list[tuple[Claim, Accepted]] = []
        """Called and not recorded."""

    def stop(self) -> None:
        """Call for no other than the mail in hand."""
        self._stopped = True

    async def send(self) -> Sent:
        """Begin, call, record. What has been begun is recorded or taken back, whatever happens."""
        self._began = self._context.monotonic()
        alone = await self._begin_together()
        try:
            for claim in alone:
                await self._begin_alone(claim)
            outcomes: list[Outcome | None] = [None] * (len(self._claims) - len(self._begun))
            calling = self._context.monotonic()
            outcomes += await self._call_all()
            return Sent(outcomes, seconds=self._context.monotonic() - calling)
        finally:
            try:
                await self._record_accepted()
            finally:
                await self._take_back()

    async def _begin_together(self) -> list[Claim]:
        """Answers those that are to be begun alone."""
        context = self._context
        try:
            async with context.open_uow() as uow:
                await handfuls.by_index(uow.conn)
                now = await context.clock(uow.conn)
                begun = await begin_together(
                    uow, self._claims, prepare=self._preparing(now), now=now, timing=context.timing
                )
        except AWAY:
            # Whether the transaction was committed is open; that no call was made is certain.
            await self._record_each((claim, _LOST) for claim in self._claims)
            raise
        self._begun.extend((claim, begun[claim.email_id]) for claim in self._claims if claim.email_id in begun)
        return [claim for claim in self._claims if claim.email_id not in begun]

    def _preparing(self, now: datetime) -> Callable[[Claim, Words], Prepared]:
        context = self._context
        writer = Writer(context.sender, context.links)
        return partial(prepare_mail, writer=writer, now=now, own=context.own, signer=context.signer)

    async def _begin_alone(self, claim: Claim) -> None:
        """A fault leaves the claim to its lease, and is nobody else's."""
        context = self._context
        try:
            async with context.open_uow() as uow:
                now = await context.clock(uow.conn)
                begun, letter = await begin_alone(
                    uow, claim, prepare=self._preparing(now), now=now, timing=context.timing
                )
        except AWAY:
            await record_for_sure(self._context, claim, _LOST)
            raise
        except Exception as error:
            log.exception("email.not_begun", email_id=str(claim.email_id), error=str(error), note="its lease runs out")
            metrics.SENDS_DECLINED.labels("fault").inc()
            return
        if letter is not None:
            self._begun.append((claim, letter))
        else:
            _note_declined(claim, begun)

    async def _call_all(self) -> list[Outcome]:
        context, outcomes = self._context, list[Outcome]()
        deadline = self._began + context.timing.call_deadline_s
        while self._begun and not (outcomes and self._is_over()):
            claim, letter = self._begun.popleft()
            outcome = await self._mailbox.send(letter, may_call=lambda: context.monotonic() < deadline)
            outcomes.append(outcome)
            if not isinstance(outcome, Accepted):
                await self._record_accepted()
                await record_for_sure(self._context, claim, outcome)
                break
            self._accepted.append((claim, outcome))
        return outcomes

    def _is_over(self) -> bool:
        late = self._context.monotonic() > self._began + LATEST_S
        return self._stopped or self._stopping() or late

    async def _record_accepted(self) -> None:
        accepted, self._accepted = self._accepted, []
        if not accepted:
            return
        done, context = frozenset[UUID](), self._context
        try:
            async with context.open_uow() as uow:
                await handfuls.by_index(uow.conn)
                now = await context.clock(uow.conn)
                done = await record_accepted(uow, [claim for claim, _ in accepted], now=now)
        except Exception as error:
            done = frozenset[UUID]()
            log.warning("handful.recorded_alone", emails=len(accepted), error=f"{type(error).__name__}: {error}")
        metrics.EMAILS_SENT.inc(len(done))
        for email_id in done:
            log.info("email.recorded", email_id=str(email_id), state="sent", reason=None)
        await self._record_each(one for one in accepted if one[0].email_id not in done)

    async def _record_each(self, outcomes: Iterable[tuple[Claim, Outcome]]) -> None:
        """Each alone, at the same time: what keeps one from being written down keeps no other, and each becomes unknown soon."""
        writing = [record_for_sure(self._context, claim, outcome) for claim, outcome in outcomes]
        for failed in await asyncio.gather(*writing, return_exceptions=True):
            if failed is not None:
                raise failed

    async def _take_back(self) -> None:
        """What was begun and never called."""
        left, context, back = [claim for claim, _ in self._begun], self._context, frozenset[UUID]()
        if not left:
            return
        try:
            async with context.open_uow() as uow:
                await handfuls.by_index(uow.conn)
                back = await taking_back.take_back(uow.conn, left, now=await context.clock(uow.conn))
        except Exception as error:
            back = frozenset[UUID]()
            log.warning("handful.kept", emails=len(left), error=f"{type(error).__name__}: {error}")
        metrics.SENDS_DECLINED.labels("taken_back").inc(len(back))
        await self._record_each((claim, _LEFT) for claim in left if claim.email_id not in back)


def _note_declined(claim: Claim, begun: Begun) -> None:
    metrics.SENDS_DECLINED.labels(begun.reason.partition(":")[0]).inc()
    log.info("email.declined", email_id=str(claim.email_id), state=begun.state, reason=begun.reason)
