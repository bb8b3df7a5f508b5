"""Deficit round robin (Shreedhar and Varghese, 1995) over tenants, then over the jobs of each; newcomers first.

However many rows one tenant has waiting, every tenant with work gets its turn after at most one quantum of each other's.
Who comes with nothing going on is served before those who have been at it, once, and then stands at the end (the "new
queues" of FQ-CoDel, RFC 8290, 4.2): a short list does not wait for a quantum of everybody's long ones. A seat that has been
served keeps its place, with or without work, until its next turn: nobody is a newcomer twice in a round.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

QUANTUM_ROWS = 50
"""A turn is worth one full chunk, so that every turn serves at least one."""


@dataclass(frozen=True)
class Waiting:
    """A chunk that could be dispatched now. `urgent`: somebody looks at the screen; `limited`: not all of its job is paid."""

    workspace_id: UUID
    job_id: UUID
    chunk_no: int
    rows: int
    urgent: bool = False
    limited: bool = False


@dataclass(frozen=True)
class Outlook:
    """What a round would find: claims that have run out, and of the chunks that are due the rows of the smallest (None: no
    chunk is) and whether any is of a job that is urgent or limited."""

    expired: bool
    fewest_rows: int | None
    special: bool
    under_way: int

    def promises(self, *, window: int) -> bool:
        """Whether a round may have something to do. What is urgent goes into a full window, what is limited may be split."""
        if self.expired or self.fewest_rows is None or window <= 0:
            return self.expired
        return self.special or self.under_way == 0 or self.under_way + self.fewest_rows <= window


@dataclass(frozen=True)
class Seat:
    """One tenant's (or job's) place in a ring: what is left of its turns, and whether the present turn has been paid out."""

    key: UUID
    deficit: int = 0
    on_turn: bool = False


@dataclass(frozen=True)
class Turns:
    """Who is next. Kept between rounds: a window that opens by one chunk at a time must not always serve the same tenant."""

    tenants: tuple[Seat, ...] = ()
    jobs: Mapping[UUID, tuple[Seat, ...]] = field(default_factory=dict[UUID, tuple[Seat, ...]])


@dataclass(frozen=True)
class Plan:
    """The chunks to dispatch, in order, and who is next after them."""

    chunks: tuple[Waiting, ...]
    turns: Turns


def plan_round(waiting: Sequence[Waiting], *, turns: Turns, free_rows: int, under_way: int) -> Plan:
    """Choose chunks for at most `free_rows`.

    With nothing under way one chunk goes out even if it alone exceeds the window: a small window must not stop the work.
    What is urgent goes first, and beside the turns: it is a few rows (`trials.MAX_ROWS`), and few times a day.
    """
    urgent = [chunk for chunk in waiting if chunk.urgent]
    free_rows -= sum(chunk.rows for chunk in urgent)
    waiting = [chunk for chunk in waiting if not chunk.urgent]
    tenants = _Ring(turns.tenants, [w.workspace_id for w in waiting])
    by_tenant: dict[UUID, list[Waiting]] = {}
    for chunk in waiting:
        by_tenant.setdefault(chunk.workspace_id, []).append(chunk)
    queues = {tenant: _Jobs(chunks, turns.jobs.get(tenant, ())) for tenant, chunks in by_tenant.items()}
    chosen: list[Waiting] = urgent
    while tenants.head is not None:
        queue = queues.get(tenants.head)
        chunk = queue.peek() if queue else None
        if chunk is None:
            tenants.leave()
        elif not tenants.affords(chunk.rows):
            tenants.rotate()
        elif chunk.rows > free_rows and (under_way or chosen):
            break
        else:
            tenants.pay(chunk.rows)
            queues[tenants.head].take()
            free_rows -= chunk.rows
            chosen.append(chunk)
    left = {tenant: queue.seats for tenant, queue in queues.items() if queue.seats}
    return Plan(tuple(chosen), Turns(tenants.seats, left))


class _Ring:
    """Seats in turn, newcomers first. A seat keeps its deficit while it has work and loses it when it has none."""

    def __init__(self, seats: Sequence[Seat], keys: Sequence[UUID]) -> None:
        known = {seat.key for seat in seats}
        fresh = [Seat(key) for key in dict.fromkeys(keys) if key not in known]
        self._seats = deque([*fresh, *seats])

    @property
    def head(self) -> UUID | None:
        return self._seats[0].key if self._seats else None

    @property
    def seats(self) -> tuple[Seat, ...]:
        return tuple(self._seats)

    def affords(self, rows: int) -> bool:
        """Whether the head may take so many rows. A turn pays out its quantum once."""
        seat = self._seats[0]
        if not seat.on_turn:
            seat = self._seats[0] = Seat(seat.key, seat.deficit + QUANTUM_ROWS, on_turn=True)
        return seat.deficit >= rows

    def pay(self, rows: int) -> None:
        seat = self._seats[0]
        self._seats[0] = Seat(seat.key, seat.deficit - rows, on_turn=True)

    def rotate(self) -> None:
        seat = self._seats.popleft()
        self._seats.append(Seat(seat.key, seat.deficit))

    def leave(self) -> None:
        """The head has no work. Who has just had a turn keeps the seat until the next, before it may be a newcomer again."""
        seat = self._seats.popleft()
        if seat.on_turn:
            self._seats.append(Seat(seat.key))


class _Jobs:
    """One tenant's waiting chunks: round robin over its jobs, each job's chunks in their order."""

    def __init__(self, waiting: Sequence[Waiting], seats: Sequence[Seat]) -> None:
        self._chunks: dict[UUID, deque[Waiting]] = {}
        for chunk in waiting:
            self._chunks.setdefault(chunk.job_id, deque()).append(chunk)
        self._ring = _Ring(seats, [chunk.job_id for chunk in waiting])

    @property
    def seats(self) -> tuple[Seat, ...]:
        return self._ring.seats

    def peek(self) -> Waiting | None:
        """The next chunk; the ring's head is its job."""
        while (job_id := self._ring.head) is not None:
            queue = self._chunks.get(job_id)
            if not queue:
                self._ring.leave()
            elif not self._ring.affords(queue[0].rows):
                self._ring.rotate()
            else:
                return queue[0]
        return None

    def take(self) -> None:
        job_id = self._ring.head
        assert job_id is not None, "peek() first"
        self._ring.pay(self._chunks[job_id].popleft().rows)
