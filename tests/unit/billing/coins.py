"""The model of the ledger: every credit is a coin, and a coin lies in exactly one place. Conservation is by construction."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID


@dataclass
class Coin:
    grant: UUID
    place: str = "issued"
    job: UUID | None = None


@dataclass
class Coins:
    """`rank` orders grants for burning; `dead` says whether a grant's date has passed."""

    rank: Callable[[UUID], object]
    dead: Callable[[UUID], bool]
    coins: list[Coin] = field(default_factory=list)
    owed: int = 0
    recalled: Counter[UUID] = field(default_factory=Counter)

    def lying(self, place: str, *, job: UUID | None = None, grant: UUID | None = None) -> list[Coin]:
        found = [c for c in self.coins if c.place == place and job in {None, c.job} and grant in {None, c.grant}]
        return sorted(found, key=lambda coin: self.rank(coin.grant))  # type: ignore[arg-type, return-value] # any order

    def arrive(self, coin: Coin) -> None:
        coin.job = None
        if self.dead(coin.grant):
            coin.place = "expired"
        elif self.owed:
            self.owed, coin.place = self.owed - 1, "clawed_back"
        else:
            coin.place = "available"

    def grant(self, grant: UUID, size: int) -> None:
        for _ in range(size):
            self.coins.append(Coin(grant))
            self.arrive(self.coins[-1])

    def sweep(self) -> None:
        for coin in self.lying("available"):
            coin.place = "expired" if self.dead(coin.grant) else "available"

    def hold(self, job: UUID, needed: int) -> bool:
        self.sweep()
        found = self.lying("available")
        for coin in found[:needed] if len(found) >= needed else []:
            coin.place, coin.job = "held", job
        return len(found) >= needed

    def capture(self, job: UUID, earned: int) -> None:
        for coin in self.lying("held", job=job)[:earned]:
            coin.place = "captured"

    def release(self, job: UUID, keep: int) -> None:
        for coin in reversed(self.lying("held", job=job)[keep:]):
            self.arrive(coin)

    def refund(self, job: UUID, amount: int, renewed: dict[UUID, UUID]) -> None:
        """From the end of the burn order, grant by grant; what expires at once is granted anew."""
        back = self.lying("captured", job=job)[-amount:]
        for grant in reversed(list(dict.fromkeys(coin.grant for coin in back))):
            ours = [coin for coin in back if coin.grant == grant]
            for coin in ours:
                self.arrive(coin)
            if ours[0].place == "expired":
                self.grant(renewed[grant], len(ours))

    def take_away(self, amount: int, *, grant: UUID | None = None) -> None:
        for coin in self.lying("available", grant=grant)[:amount]:
            coin.place = "voided"

    def claw_back(self, grant: UUID, amount: int) -> None:
        there = sum(coin.grant == grant and coin.place not in {"expired", "voided"} for coin in self.coins)
        left = min(amount, max(0, there - self.recalled[grant]))
        self.recalled[grant] += left
        at_once = self.lying("available", grant=grant)[:left]
        for coin in at_once:
            coin.place = "clawed_back"
        self.owed += left - len(at_once)

    def count(self) -> Counter[tuple[UUID, str]]:
        return Counter((coin.grant, coin.place) for coin in self.coins)
