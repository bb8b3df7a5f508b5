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
from libs.common.logs import get_logger
from libs.common.messaging.delivery import Hands, because_of
from libs.common.uow import Message, UnitOfWork, UnitOfWorkFactory

log = get_logger()

_TIMEOUT_S = 30
"""Of a transaction of many: whoever is in it is handled alone after it, and needs time for that."""


E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Letter(Generic[E]):
    """A message and the event in it."""

    event: E
    message: Message


Decide = Callable[[Letter[E]], None]
"""Decide on one message and publish what came of it. It changes nothing when it raises."""

Together = Callable[[Sequence[Letter[Any]], UnitOfWork], AbstractAsyncContextManager[Decide[Any]]]
"""Load what some messages are about, hand out what decides on one after the other, and write it all when left."""


class Lane:
    """One queue's: at most one transaction at a time, of at most `most` messages, in the order of their arrival."""

    def __init__(self, together: Together, *, most: int, open_uow: UnitOfWorkFactory, hands: Hands) -> None:
        self._together = together
        self._most = most
        self._open_uow = open_uow
        self._hands = hands
        self._waiting = deque[tuple[Letter[Any], asyncio.Future[bool]]]()
        self._work: asyncio.Task[None] | None = None

    async def take(self, letter: Letter[Any]) -> bool:
        """Whether the message has been handled and recorded, among others. False: handle it alone.

        Raises what the transaction failed with; then nothing of it has happened, unless it was the commit.
        """
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((letter, answer))
        if self._work is None:
            self._work = asyncio.create_task(self._work_off())
        return await answer

    async def _work_off(self) -> None:
        with self._hands.holding():
            try:
                while self._waiting:
                    await self._handle([self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))])
            finally:
                # Nothing is awaited from the last look at what waits to here: whoever comes next starts the work anew.
                self._work = None
                while self._waiting:
                    self._waiting.popleft()[1].cancel()

    async def _handle(self, taken: Sequence[tuple[Letter[Any], asyncio.Future[bool]]]) -> None:
        # Whoever waits no longer has been cancelled: its message goes back to its queue.
        taken = [(letter, answer) for letter, answer in taken if not answer.done()]
        if not taken:
            return
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                done = await self._in_one_transaction([letter for letter, _ in taken])
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
