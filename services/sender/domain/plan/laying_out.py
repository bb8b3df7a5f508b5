"""Who gets the slots of a day. The smallest of all quotas wins, and nobody waits while a slot that would suit lies free."""

import heapq
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from math import inf
from uuid import UUID

from services.sender.domain.plan.spreading import Chosen, spans_of, spread
from services.sender.domain.plan.terms import FIRST_STEP, Layout, Opening, PassedOver, Room, Share, Waiting


def lay_out(
    waiting: Iterable[Waiting],
    *,
    shares: Sequence[Share],
    room: Room,
    day: date,
    since: datetime,
    until: datetime,
    call: timedelta,
) -> Layout:
    """Deal the slots that are left between `since` and `until` (now, and the end of the workspace's day).

    `call` is the longest time from the beginning of a send to the provider's last word. The order: follow-ups up to their
    part of the day, what missed its window on an earlier day, first mails by their position, then the other follow-ups.
    In each of these the campaigns take turns by weight. The same arguments give the same plan.
    """
    dealer = _Dealer(shares, room, since=since, until=until, call=call)
    queued = list(waiting)
    follow_ups = sorted((who for who in queued if who.step > FIRST_STEP), key=_by_due)
    firsts = sorted((who for who in queued if who.step == FIRST_STEP), key=lambda who: (who.position, who.key))
    put_off = dealer.deal(follow_ups, limit=room.follow_ups)
    dealer.deal([who for who in firsts if who.missed])
    dealer.deal([who for who in firsts if not who.missed])
    dealer.deal(put_off)
    return dealer.layout(day)


def _by_due(who: Waiting) -> tuple[float, int, UUID]:
    return (who.not_before.timestamp() if who.not_before else -inf, who.position, who.key)


class _Dealer:
    """The slots in hand while they are dealt."""

    def __init__(
        self, shares: Sequence[Share], room: Room, *, since: datetime, until: datetime, call: timedelta
    ) -> None:
        self._shares = {share.campaign_id: share for share in shares}
        self._turns = {share.campaign_id: turn for turn, share in enumerate(shares)}
        self._room = room
        self._since, self._until, self._call = since, until, call
        self._slots = room.slots
        self._follow_ups = 0
        self._by_campaign, self._by_mailbox, self._domains = Counter[UUID](), Counter[UUID](), Counter(room.domains)
        self._chosen: list[Chosen] = []
        self._passed_over: dict[UUID, PassedOver] = {}

    def deal(self, queued: Sequence[Waiting], *, limit: int | None = None) -> list[Waiting]:
        """Deal to these, campaign by campaign, at most `limit`; answers those that the limit kept from their turn."""
        queues = defaultdict[UUID, deque[Waiting]](deque)
        for who in queued:
            queues[who.campaign_id].append(who)
        turns = [(self._turn(name), self._turns[name], name) for name in queues if name in self._shares]
        heapq.heapify(turns)
        left = inf if limit is None else limit
        while turns and left > 0 and self._slots > 0:
            _, order, name = heapq.heappop(turns)
            if self._take_next(queues[name], self._shares[name]):
                left -= 1
                heapq.heappush(turns, (self._turn(name), order, name))
        rest = [who for queue in queues.values() for who in queue]
        if left > 0 or self._slots <= 0:
            self._leave_out(rest)
            return []
        return rest

    def layout(self, day: date) -> Layout:
        """What came of it."""
        room = self._room
        used = self._by_mailbox
        mailboxes = {name: left if left is None else left - used[name] for name, left in room.mailboxes.items()}
        shares = tuple(
            replace(
                share,
                room=share.room - self._by_campaign[share.campaign_id],
                taken=share.taken + self._by_campaign[share.campaign_id],
            )
            for share in self._shares.values()
        )
        follow_ups = max(room.follow_ups - self._follow_ups, 0)
        return Layout(
            tuple(spread(self._chosen, day=day, call=self._call)),
            self._passed_over,
            shares,
            replace(room, slots=self._slots, mailboxes=mailboxes, follow_ups=follow_ups, domains=dict(self._domains)),
        )

    def _turn(self, name: UUID) -> float:
        """The campaign with the lowest is next: each mail costs the more turns the less it weighs."""
        share = self._shares[name]
        return (share.taken + self._by_campaign[name] + 1) / share.weight

    def _take_next(self, queue: deque[Waiting], share: Share) -> bool:
        """Give a slot to the first of the queue that can use one. False: nobody can."""
        while queue:
            if self._by_campaign[share.campaign_id] >= share.room:
                return False
            if self._take(queue.popleft(), share):
                return True
        return False

    def _take(self, who: Waiting, share: Share) -> bool:
        spans = spans_of(who, since=self._since, until=self._until, call=self._call)
        mailbox_id = self._mailbox(who, share)
        reason = self._against(who, spans=spans, mailbox_id=mailbox_id, share=share)
        if reason or mailbox_id is None:
            self._passed_over[who.key] = reason or "mailbox_unusable"
            return False
        self._slots -= 1
        self._follow_ups += who.step > FIRST_STEP
        self._by_campaign[share.campaign_id] += 1
        self._by_mailbox[mailbox_id] += 1
        self._domains[who.domain] += 1
        self._chosen.append(Chosen(who, mailbox_id, spans))
        return True

    def _against(
        self, who: Waiting, *, spans: tuple[Opening, ...], mailbox_id: UUID | None, share: Share
    ) -> PassedOver | None:
        if not spans:
            return "window_closed_today"
        if mailbox_id is None:
            usable = any(name in self._room.mailboxes for name in _mailboxes_of(who, share))
            return "mailbox_quota" if usable else "mailbox_unusable"
        quota = self._room.domain_quota
        return "domain_quota" if quota is not None and self._domains[who.domain] >= quota else None

    def _mailbox(self, who: Waiting, share: Share) -> UUID | None:
        """The mailbox it stays with; for a new lead, the one with the most room, and of these the one that has least to do."""
        usable = [name for name in _mailboxes_of(who, share) if self._left(name) > 0]
        return max(usable, key=lambda name: (self._left(name), -self._by_mailbox[name]), default=None)

    def _left(self, mailbox_id: UUID) -> float:
        if mailbox_id not in self._room.mailboxes:
            return 0
        limit = self._room.mailboxes[mailbox_id]
        return inf if limit is None else limit - self._by_mailbox[mailbox_id]

    def _leave_out(self, rest: Sequence[Waiting]) -> None:
        for who in rest:
            if not spans_of(who, since=self._since, until=self._until, call=self._call):
                self._passed_over[who.key] = "window_closed_today"
            elif self._slots <= 0:
                self._passed_over[who.key] = "workspace_quota"
            elif who.campaign_id in self._shares:
                self._passed_over[who.key] = "campaign_quota"


def _mailboxes_of(who: Waiting, share: Share) -> tuple[UUID, ...]:
    return share.mailbox_ids if who.mailbox_id is None else (who.mailbox_id,)
