"""A day of one workspace: everything that leaves a key of money behind. Done again, it changes nothing."""

import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.clock import utc_now
from libs.common.contracts.envelope import Event
from libs.common.errors import AppError
from libs.common.ids import new_id
from libs.common.uow import UnitOfWork
from services.billing.domain.credits.ledger import GrantKind
from services.billing.domain.credits.postings import Subject
from services.billing.domain.credits.proof import prove
from services.billing.domain.stripe.reversals import Reversal
from services.billing.domain.stripe.told import ToldEvent
from services.billing.domain.watching.caps import Caps
from services.billing.repositories.credits import balances, evidence
from services.billing.repositories.stripe import reversals
from services.billing.repositories.watching import caps, member_caps
from services.billing.repositories.watching.member_caps import MemberCap
from services.billing.tables import COMMON
from services.billing.use_cases.credit_invoices import Seller, credit_invoices
from services.billing.use_cases.grant_credits import GrantRequest, grant_credits
from services.billing.use_cases.refund_credits import RefundRequest, refund_credits
from services.billing.use_cases.reverse_invoice import reverse_invoice
from services.billing.use_cases.store_stripe_event import store_stripe_event
from tests.integration.billing.machine.driver import OFFERS
from tests.integration.billing.steps import HANDLERS, completed, created, ended, lowered, message_of, raised
from tests.unit.billing.stripe_objects import START, after, invoice, line, part

Step = Callable[[UnitOfWork], Awaitable[object]]
NOW = utc_now()


@dataclass(frozen=True)
class Day:
    """Its steps on one connection, each in a savepoint of its own."""

    conn: AsyncConnection
    workspace_id: UUID = field(default_factory=new_id)
    job_id: UUID = field(default_factory=new_id)
    message_id: UUID = field(default_factory=new_id)

    @property
    def steps(self) -> dict[str, Step]:
        about_a_job: list[Event] = [
            created(self.job_id, 6, credits_per_row=1),
            raised(self.job_id, 1, 9),
            lowered(self.job_id, 2, 8),
            completed(self.job_id, 0, 3),
            ended(self.job_id, 3),
        ]
        return {
            "grant": self._grant,
            "cap": lambda uow: caps.save_caps(uow.conn, self.workspace_id, Caps(90), user_id=self.job_id, now=NOW),
            "own cap": lambda uow: member_caps.save_own_cap(
                uow.conn, self.workspace_id, MemberCap(self.job_id, 90), set_by=self.job_id, now=NOW
            ),
            **{event.type: self._hear(event, through_the_inbox=False) for event in about_a_job},
            "inbox": self._hear(created(self.message_id, 1), through_the_inbox=True),
            "refund": self._refund,
            "invoices": self._invoices,
            "reversal": lambda uow: reverse_invoice(self._reversal, fetched_at=NOW, uow=uow, now=utc_now()),
            "wish": lambda uow: reversals.ask_refund(
                uow.conn, "wish", invoice_id=f"in_1_{self.workspace_id}", amount=1, reason="", actor=""
            ),
            "told": self._told,
        }

    async def begin(self) -> None:
        """Do everything once."""
        for name, step in self.steps.items():
            became = await self._do(step)
            assert became in {"None", "True", "(1,)"} or became.startswith(("Outcome", "RefundWish")), (
                f"{name}: {became}"
            )

    async def live(self) -> list[object]:
        """What each step answers, what is said, what is left, and which checks of the proof do not hold. At its end the plan
        is renewed."""
        await self.conn.execute(COMMON.outbox.delete())
        steps = {**self.steps, "renewal": functools.partial(self._invoices, renewed=True)}
        became: list[object] = [f"{name}: {await self._do(step)}" for name, step in steps.items()]
        bodies = (await self.conn.execute(select(COMMON.outbox.c.body))).scalars()
        said = sorted((one["type"], one["data"].get("credits")) for one in map(orjson.loads, bodies))
        return [*became, said, await self._do(lambda uow: self._look(uow.conn))]

    async def _look(self, conn: AsyncConnection) -> str:
        found = prove(await evidence.gather(conn, self.workspace_id, now=utc_now()))
        off = [check.name for check in found if not check.holds]
        return f"{await balances.balance(conn, self.workspace_id)} {off}"

    async def _do(self, step: Step) -> str:
        try:
            async with self.conn.begin_nested():
                uow = UnitOfWork(self.conn, COMMON)
                answer = await step(uow)
                await uow.flush()
                await self.conn.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
                await self.conn.execute(text("SET CONSTRAINTS ALL DEFERRED"))
        except AppError as error:
            return error.code
        except (SQLAlchemyError, asyncpg.PostgresError) as error:
            return type(error).__name__
        return str(answer)

    def _hear(self, event: Event, *, through_the_inbox: bool) -> Step:
        async def hear(uow: UnitOfWork) -> None:
            message = message_of(event, self.workspace_id, id_=self.message_id if through_the_inbox else None)
            if await uow.record_inbox(message):
                await HANDLERS[type(event)](event, uow=uow, message=message)

        return hear

    async def _grant(self, uow: UnitOfWork) -> None:
        order = GrantRequest(20, "a test", GrantKind.PROMOTIONAL)
        await grant_credits(
            order, workspace_id=self.workspace_id, idempotency_key="once", uow=uow, now=utc_now(), actor="a test"
        )

    async def _refund(self, uow: UnitOfWork) -> tuple[int, ...]:
        order = RefundRequest(Subject("job", self.job_id), "a test", row_nos=(1,))
        done = await refund_credits(
            order, workspace_id=self.workspace_id, idempotency_key="once", uow=uow, now=utc_now(), actor="a test"
        )
        return done.refund.row_nos

    async def _invoices(self, uow: UnitOfWork, *, renewed: bool = False) -> None:
        """A pack; a plan's month, half of which is given back; and the next month."""
        half, next_month = part("starter_month", 0.5, gives_back=True), after(days=30)
        renewal = line(starts_at=next_month, ends_at=after(days=60))
        plan = [
            invoice(
                *lines, number=number, at=at, id=f"in_{number}_{self.workspace_id}", subscription_id=self._subscription
            )
            for number, at, lines in (
                (2, START, [line()]),
                (3, after(days=15), [half]),
                *([(4, next_month, [renewal])] if renewed else []),
            )
        ]
        pack = invoice(line("pack_1k"), id=f"in_1_{self.workspace_id}", subscription_id=None)
        seller = Seller(self.workspace_id, OFFERS, live=False)
        await credit_invoices([pack, *plan], seller=seller, fetched_at=NOW, uow=uow, now=utc_now())

    @property
    def _subscription(self) -> str:
        return f"sub_{self.workspace_id}"

    @property
    def _reversal(self) -> Reversal:
        about = f"in_1_{self.workspace_id}"
        return Reversal("re_1", "refund", about, 1_000, "succeeded", active=True, reason="", told_at=NOW)

    async def _told(self, uow: UnitOfWork) -> bool:
        event = ToldEvent("evt_1", "invoice.paid", "invoice", "in_1", live=False, told_at=NOW)
        return await store_stripe_event(event, source="webhook", body=None, uow=uow, now=utc_now())
