"""Very many who wait, kept small: what they have in common is kept once, and of each lead its place, its id and its domain.

A million leads take some 30 MB this way, where as many candidates would take a gigabyte.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from services.sender.domain.plan.candidates import Candidate

_ID_BYTES = 16


@dataclass(slots=True)
class Alike:
    """Leads of one campaign who are in one place and rest alike. `like` is one of them; `names` are the crowd's domains."""

    like: Candidate
    names: Sequence[str]
    positions: "array[int]" = field(default_factory=lambda: array("q"))
    domains: "array[int]" = field(default_factory=lambda: array("L"))
    ids: bytearray = field(default_factory=bytearray)

    def __len__(self) -> int:
        return len(self.positions)

    def __getitem__(self, index: int) -> Candidate:
        """As a candidate again. Days to come write to nobody: it has no address, and its enrolment's id for every other."""
        mine = UUID(bytes=bytes(self.ids[index * _ID_BYTES : (index + 1) * _ID_BYTES]))
        return replace(
            self.like,
            enrolment_id=mine,
            lead_id=mine,
            recipient="",
            domain=self.names[self.domains[index]],
            position=self.positions[index],
            email_id=None if self.like.email_id is None else mine,
        )

    def append(self, who: Candidate, domain: int) -> None:
        """One more."""
        self.positions.append(who.position)
        self.domains.append(domain)
        self.ids += who.enrolment_id.bytes

    def in_order(self) -> Sequence[int]:
        """The indices of its members by their position."""
        positions = self.positions
        indices = range(len(positions))
        ordered = all(positions[n] <= positions[n + 1] for n in indices[:-1])
        return indices if ordered else sorted(indices, key=positions.__getitem__)

    def index_of(self, enrolment_id: UUID) -> int | None:
        """Where somebody is among them."""
        at = self.ids.find(enrolment_id.bytes)
        while at % _ID_BYTES and at >= 0:
            at = self.ids.find(enrolment_id.bytes, at + 1)
        return at // _ID_BYTES if at >= 0 else None

    def indices_of(self, enrolment_ids: Iterable[UUID]) -> set[int]:
        """Where these are, as far as they are among them."""
        wanted, ids = {one.bytes for one in enrolment_ids}, bytes(self.ids)
        return {at // _ID_BYTES for at in range(0, len(ids), _ID_BYTES) if ids[at : at + _ID_BYTES] in wanted}


class Crowd:
    """All who wait. To be added to page by page."""

    def __init__(self, found: Iterable[Candidate] = ()) -> None:
        self._alike: dict[tuple[object, ...], Alike] = {}
        self._names: list[str] = []
        self._numbers: dict[str, int] = {}
        self.add(found)

    def __len__(self) -> int:
        return sum(len(alike) for alike in self._alike.values())

    def __iter__(self) -> Iterator[Candidate]:
        for alike in self._alike.values():
            for index in range(len(alike)):
                yield alike[index]

    def add(self, found: Iterable[Candidate]) -> None:
        """Take in more; those of a campaign best in the order of their positions."""
        for who in found:
            key = _in_common(who)
            alike = self._alike.get(key)
            if alike is None:
                alike = self._alike[key] = Alike(who, self._names)
            alike.append(who, self._number(who.domain))

    def alike(self, campaign_id: UUID) -> list[Alike]:
        """Those of a campaign, by what they have in common."""
        return [one for one in self._alike.values() if one.like.campaign_id == campaign_id]

    def find(self, enrolment_id: UUID) -> Candidate | None:
        """Somebody by the enrolment."""
        for alike in self._alike.values():
            if (index := alike.index_of(enrolment_id)) is not None:
                return alike[index]
        return None

    def _number(self, domain: str) -> int:
        number = self._numbers.get(domain)
        if number is None:
            number = self._numbers[domain] = len(self._names)
            self._names.append(domain)
        return number


def _in_common(who: Candidate) -> tuple[object, ...]:
    place = (who.campaign_id, who.mailbox_id, who.time_zone, who.country, who.subdivision)
    rests = (who.due_at, who.written_elsewhere_at, who.step, who.deferred, who.email_id is None, who.suppressed)
    return (*place, *rests)
