"""Handling what has arrived meanwhile in one transaction: where a queue's messages contend for the same rows, each would wait
for the commit of the one before.

While one transaction runs, messages gather; the next one takes them all. Nobody waits for a fuller one. A message that
cannot be decided is taken out and left to be handled alone, as if there were no lane.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from libs.common.contracts.envelope import Event
from libs.common.db import is_database_outage
from libs.common.logs import get_logger
from libs.common.messaging.delivery import Hands, because_of
from libs.common.uow import Message, UnitOfWork, UnitOfWorkFactory

log = get_logger()

_AT_ONCE = 2
_TIMEOUT_S = 30
"""Of a transaction of many: whoever is in it is handled alone after it, and needs time for that."""


E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Letter(Generic[E]):
    """A message and the event in it."""

    event: E
    message: Message


_Waiting = tuple[Letter[Any], asyncio.Future[bool]]

Decide = Callable[[Letter[E]], None]
"""Decide on one message and publish what came of it. It changes nothing when it raises."""

Together = Callable[[Sequence[Letter[Any]], UnitOfWork], AbstractAsyncContextManager[Decide[Any]]]
"""Load what some messages are about, hand out what decides on one after the other, and write it all when left."""


class Recall(Protocol):
    """What decides on some messages by what is remembered of earlier ones, also of those on their way to the database."""

    def reaches(self, workspace_id: UUID | None) -> bool:
        """Whether enough is remembered of a workspace."""
        ...

    def __call__(self, letters: Sequence[Letter[Any]]) -> Together | None:
        """None where memory does not reach. What it writes fails as a whole where what is remembered is no longer so, or
        something was done before."""
        ...


class _NotCommitted(Exception):
    """What these messages were decided by has not come about."""


class Lane:
    """One queue's: at most two transactions at a time, of different workspaces, each of at most `most` messages.

    While the database works on one, the other is decided upon. The messages of a workspace are taken in the order of their
    arrival, and not by both. With `recall`, a transaction is one statement where memory reaches; then the next messages of the
    same workspace alone may be decided by what it is about to write, and are written when it is committed.
    """

    def __init__(
        self,
        together: Together,
        *,
        most: int,
        open_uow: UnitOfWorkFactory,
        hands: Hands,
        recall: Recall | None = None,
    ) -> None:
        self._together = together
        self._recall = recall
        self._most = most
        self._open_uow = open_uow
        self._hands = hands
        self._waiting = deque[_Waiting]()
        self._workers = set[asyncio.Task[None]]()
        self._taken = Counter[UUID | None]()
        """How many messages of a workspace are in transactions."""
        self._alone = dict[UUID | None, asyncio.Future[bool]]()
        """The last transaction of a workspace with nobody else's in it, and whether it is committed by one statement."""

    async def take(self, letter: Letter[Any]) -> bool:
        """Whether the message has been handled and recorded, among others. False: handle it alone.

        Raises what the transaction failed with; then nothing of it has happened, unless it was the commit.
        """
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((letter, answer))
        # Whoever has the workspace in hand looks again at the end.
        if not self._taken[_workspace(letter)] or self._may_follow(_workspace(letter)):
            self._call_worker()
        return await answer

    def _call_worker(self) -> None:
        if self._waiting and len(self._workers) < _AT_ONCE:
            worker = asyncio.create_task(self._work_off())
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)

    def _may_follow(self, workspace_id: UUID | None) -> bool:
        """Whether what has arrived can be decided by what is on its way and not committed."""
        former = self._alone.get(workspace_id)
        return (
            former is not None and not former.done() and self._recall is not None and self._recall.reaches(workspace_id)
        )

    async def _work_off(self) -> None:
        worker = asyncio.current_task()
        assert worker is not None
        with self._hands.holding():
            try:
                while taken := self._next():
                    workspaces = Counter(_workspace(letter) for letter, _ in taken)
                    self._taken += workspaces
                    try:
                        await self._handle(taken, alone=next(iter(workspaces)) if len(workspaces) == 1 else None)
                    finally:
                        self._taken -= workspaces
            except BaseException:
                while self._waiting:
                    self._waiting.popleft()[1].cancel()
                raise
            finally:
                # Nothing is awaited from the last look at what waits to here: whoever comes next starts the work anew.
                self._workers.discard(worker)

    def _next(self) -> list[_Waiting]:
        """The first that wait and whose workspaces nobody has in hand; else of one that can follow what is, half of all."""
        if free := self._take_of(lambda one: not self._taken[one], most=self._most):
            return free
        followed = next((one for one in self._alone if self._may_follow(one)), None)
        if followed is None:
            return []
        there = self._taken[followed] + sum(_workspace(letter) == followed for letter, _ in self._waiting)
        return self._take_of(lambda one: one == followed, most=min(self._most, (there + 1) // 2))

    def _take_of(self, is_meant: Callable[[UUID | None], bool], *, most: int) -> list[_Waiting]:
        taken, left = list[_Waiting](), deque[_Waiting]()
        while self._waiting and len(taken) < most:
            one = self._waiting.popleft()
            (taken if is_meant(_workspace(one[0])) else left).append(one)
        self._waiting.extendleft(reversed(left))
        return taken

    async def _handle(self, taken: Sequence[_Waiting], *, alone: UUID | None) -> None:
        # Whoever waits no longer has been cancelled: its message goes back to its queue.
        taken = [(letter, answer) for letter, answer in taken if not answer.done()]
        if not taken:
            return
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                letters = [letter for letter, _ in taken]
                done = await self._written(letters, alone=alone) or await self._in_one_transaction(letters)
        except Exception as error:
            log.warning("batch.undone", messages=len(taken), error=f"{type(error).__name__}: {error}")
            for _, answer in taken:
                if not answer.done():
                    answer.set_exception(error)
        except BaseException:
            for _, answer in taken:
                answer.cancel()
            raise
        else:
            for letter, answer in taken:
                if not answer.done():
                    answer.set_result(id(letter) in done)

    async def _written(self, letters: Sequence[Letter[Any]], *, alone: UUID | None) -> set[int]:
        """As `_from_memory`; of one workspace `alone`, others may follow, and it may follow another."""
        if alone is None:
            return await self._from_memory(letters)
        former = self._alone.get(alone)
        mine = self._alone[alone] = asyncio.get_running_loop().create_future()
        done = set[int]()
        try:
            done = await self._from_memory(letters, former=former)
        finally:
            mine.set_result(bool(done))
            if self._alone[alone] is mine:
                del self._alone[alone]
        return done

    async def _from_memory(
        self, letters: Sequence[Letter[Any]], *, former: asyncio.Future[bool] | None = None
    ) -> set[int]:
        """All of these objects, if all were decided and written by one statement; else none, and nothing has happened."""
        together = self._recall(letters) if self._recall else None
        if together is None or len({letter.message.envelope.id for letter in letters}) < len(letters):
            return set()
        try:
            async with self._open_uow.at_once() as uow:
                uow.record_inbox_last([letter.message for letter in letters])
                async with together(letters, uow) as decide:
                    for letter in letters:
                        with because_of(letter.message):
                            decide(letter)
                if former is not None and not await former:
                    raise _NotCommitted
                uow.when_sent(self._call_worker)
        except Exception as error:
            if is_database_outage(error):
                raise
            log.info("batch.not_from_memory", messages=len(letters), error=f"{type(error).__name__}: {error}")
            return set()
        return {id(letter) for letter in letters}

    async def _in_one_transaction(self, letters: Sequence[Letter[Any]]) -> set[int]:
        """Which of these objects were decided; the inbox has no row of any other when the transaction commits."""
        done, refused = set[int](), list[UUID]()
        async with self._open_uow() as uow:
            fresh = await self._record(letters, uow=uow)
            async with self._together(fresh, uow) as decide:
                for letter in fresh:
                    try:
                        with because_of(letter.message):
                            decide(letter)
                    except Exception as error:
                        log.info("message.taken_out", message_id=str(letter.message.envelope.id), error=str(error))
                        refused.append(letter.message.envelope.id)
                    else:
                        done.add(id(letter))
            await uow.forget_inbox(letters[0].message.consumer, refused)
        return done

    @staticmethod
    async def _record(letters: Sequence[Letter[Any]], *, uow: UnitOfWork) -> list[Letter[Any]]:
        """Those that nobody has recorded: of the same message twice the first."""
        unrecorded = await uow.record_inbox_of_many([letter.message for letter in letters])
        fresh: list[Letter[Any]] = []
        for letter in letters:
            if letter.message.envelope.id in unrecorded:
                unrecorded.discard(letter.message.envelope.id)
                fresh.append(letter)
        return fresh


def _workspace(letter: Letter[Any]) -> UUID | None:
    return letter.message.envelope.tenant_id
