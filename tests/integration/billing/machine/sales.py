"""What an invoice must have brought, and what must have gone back with its money. Coins lie in the account's model."""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from libs.common.contracts.billing import CreditsTakenBack
from libs.common.contracts.envelope import Event
from services.billing.domain.stripe.invoices import Invoice
from services.billing.domain.stripe.reversals import Reversal
from tests.integration.billing.machine.model import Account


@dataclass
class Sale:
    """A paid invoice, its reversals by id as they were last told, and the grants that it brought, the first one first.

    `taken` of its `size` credits are asked back, `recalled` of those were there.
    """

    invoice: Invoice
    grants: list[UUID] = field(default_factory=list[UUID])
    reversals: dict[str, Reversal] = field(default_factory=dict[str, Reversal])
    size: int = 0
    taken: int = 0
    recalled: int = 0

    @property
    def wanted(self) -> int:
        """A dispute takes all of it, refunds their part of the money's worth."""
        active = [one for one in self.reversals.values() if one.active]
        if any(one.kind == "dispute" for one in active):
            return self.size
        return self.size * min(self.invoice.paid, sum(one.amount for one in active)) // self.invoice.paid

    def reverse(self, told: Reversal, account: Account, *, give_back: Callable[[int], Event]) -> list[Event]:
        """What is said when a reversal is told: the difference to what is taken moves, and nothing else."""
        self.reversals[told.id] = told
        more, said = self.wanted - self.taken, list[Event]()
        if more > 0:
            for grant in self.grants:
                part, owed = min(more, self._there(grant, account)), account.coins.owed
                account.coins.claw_back(grant, part)
                if part:
                    cause = "dispute" if told.kind == "dispute" else "refund"
                    grown = account.coins.owed - owed
                    said.append(CreditsTakenBack(credits=part, available=account.available, cause=cause, owed=grown))
                more, self.recalled = more - part, self.recalled + part
        elif back := self.recalled * -more // (self.taken or 1):
            said.append(give_back(back))
            self.recalled -= back
        self.taken = self.wanted
        return said

    def _there(self, grant: UUID, account: Account) -> int:
        lying = account.coins.count()
        ever = sum(
            amount for (of, place), amount in lying.items() if of == grant and place not in {"expired", "voided"}
        )
        return max(0, ever - account.coins.recalled[grant])
