"""Handling what has arrived meanwhile in one transaction: where a queue's messages contend for the same rows, each would wait
for the commit of the one before.

While one transaction runs, messages gather; the next one takes them all. Nobody waits for a fuller one. A message that
cannot be decided is taken out and left to be handled alone, as if there were no lane.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
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

Recall = Callable[[Sequence[Letter[Any]]], "Together | None"]
"""What decides on some messages by what is remembered of earlier ones; None where that does not reach. What it writes fails as
a whole where that is no longer so, or something was done before."""


class Lane:
    """One queue's: at most two transactions at a time, of different workspaces, each of at most `most` messages.

    While the database works on one, the other is decided upon. The messages of a workspace are taken in the order of their
    arrival, and never by both. With `recall`, a transaction is one statement where memory reaches.
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
        self._taken = set[UUID | None]()
        """The workspaces whose messages are in a transaction."""

    async def take(self, letter: Letter[Any]) -> bool:
        """Whether the message has been handled and recorded, among others. False: handle it alone.

        Raises what the transaction failed with; then nothing of it has happened, unless it was the commit.
        """
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((letter, answer))
        # Whoever has the workspace in hand looks again at the end.
        if len(self._workers) < _AT_ONCE and _workspace(letter) not in self._taken:
            worker = asyncio.create_task(self._work_off())
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)
        return await answer

    async def _work_off(self) -> None:
        worker = asyncio.current_task()
        assert worker is not None
        with self._hands.holding():
            try:
                while taken := self._next():
                    workspaces = {_workspace(letter) for letter, _ in taken}
                    self._taken |= workspaces
                    try:
                        await self._handle(taken)
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
        """The first that wait and whose workspaces nobody has in hand."""
        taken, left = list[_Waiting](), deque[_Waiting]()
        while self._waiting and len(taken) < self._most:
            one = self._waiting.popleft()
            (left if _workspace(one[0]) in self._taken else taken).append(one)
        self._waiting.extendleft(reversed(left))
        return taken

    async def _handle(self, taken: Sequence[_Waiting]) -> None:
        # Whoever waits no longer has been cancelled: its message goes back to its queue.
        taken = [(letter, answer) for letter, answer in taken if not answer.done()]
        if not taken:
            return
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                letters = [letter for letter, _ in taken]
                done = await self._from_memory(letters) or await self._in_one_transaction(letters)
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

    async def _from_memory(self, letters: Sequence[Letter[Any]]) -> set[int]:
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
