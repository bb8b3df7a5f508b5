"""What customers buy at Stripe and take back there, told of any number of times."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from libs.common.clock import utc_now
from libs.common.contracts.envelope import Event
from libs.common.ids import new_id
from services.billing.domain.stripe.invoices import Invoice
from services.billing.domain.stripe.reversals import Reversal
from tests.integration.billing.machine.driver import OFFERS
from tests.integration.billing.machine.model import Account
from tests.integration.billing.machine.operators import WHICH, Operators
from tests.integration.billing.machine.sales import Sale
from tests.unit.billing.stripe_objects import START, invoice, line

PERIOD = timedelta(days=28)


class Customers(Operators):
    """Packs, and the periods of a plan. An invoice is told of with all of its subscription's, as they are asked for."""

    @precondition(lambda self: len(self.sales) < 4)
    @rule(which=WHICH, plan=st.booleans(), tell=st.booleans())
    def buy(self, which: int, plan: bool, tell: bool) -> None:
        account, number = self.accounts[which], len(self.sales)
        begins = START + number * PERIOD
        item, until = ("starter_month", begins + PERIOD) if plan else ("pack_1k", begins)
        bought = invoice(
            line(item, starts_at=begins, ends_at=until),
            number=number,
            at=begins,
            id=f"in_{number}_{account.id}",
            subscription_id=f"sub_{account.id}" if plan else None,
        )
        self.sales.append((account, Sale(bought)))
        if tell:
            self.tell(account, [self.sales[-1][1]])

    @precondition(lambda self: self.sales)
    @rule(data=st.data())
    def tell_of_an_invoice(self, data: st.DataObject) -> None:
        account, sale = data.draw(st.sampled_from(self.sales))
        subscription = sale.invoice.subscription_id
        related = [one for _, one in self.sales if subscription and one.invoice.subscription_id == subscription]
        self.tell(account, data.draw(st.permutations(related or [sale])))

    def tell(self, account: Account, sales: list[Sale]) -> None:
        outcome = self.do(self.driver.tell_invoices([sale.invoice for sale in sales], account.id))
        said = list[tuple[Account, Event]]()
        for sale in sorted(sales, key=lambda one: one.invoice.issued_at):
            if not sale.grants:
                sale.size = _worth(sale.invoice)
                key = f"grant:stripe:{sale.invoice.id}:{sale.invoice.lines[0].id}"
                said.append((account, self.granted(key, account, sale.size)))
                sale.grants.append(account.last_grant)
        self.expect("done", outcome, said)

    @precondition(lambda self: self.credited())
    @rule(data=st.data(), share=st.sampled_from([0, 2, 3]))
    def take_money_back(self, data: st.DataObject, share: int) -> None:
        """A refund of a share of it; 0 is a dispute."""
        account, sale = data.draw(st.sampled_from(self.credited()))
        kind, amount = ("refund", sale.invoice.paid // share) if share else ("dispute", sale.invoice.paid)
        told = Reversal(
            f"re_{new_id()}",
            kind,  # pyright: ignore[reportArgumentType]
            sale.invoice.id,
            amount,
            "pending",
            active=True,
            reason="",
            told_at=utc_now(),
        )
        self.reverse(account, sale, told)

    @precondition(lambda self: self.reversed())
    @rule(data=st.data(), falls_away=st.booleans())
    def tell_of_it_again(self, data: st.DataObject, falls_away: bool) -> None:
        """As it was, or it has fallen away: a refund that failed, a dispute that was won. What has fallen away stays away."""
        account, sale, former = data.draw(st.sampled_from(self.reversed()))
        status = "won" if former.kind == "dispute" else "failed"
        fallen = replace(former, status=status, active=False)
        self.reverse(account, sale, fallen if falls_away else former)

    def reverse(self, account: Account, sale: Sale, told: Reversal) -> None:
        outcome = self.do(self.driver.tell_reversal(told))

        def give_back(amount: int) -> Event:
            said = self.granted(f"grant:stripe:{told.id}:{told.status}", account, amount)
            sale.grants.append(account.last_grant)
            return said

        self.expect("done", outcome, [(account, said) for said in sale.reverse(told, account, give_back=give_back)])

    def credited(self) -> list[tuple[Account, Sale]]:
        return [(account, sale) for account, sale in self.sales if sale.grants and len(sale.reversals) < 3]

    def reversed(self) -> list[tuple[Account, Sale, Reversal]]:
        return [(account, sale, one) for account, sale in self.sales for one in sale.reversals.values()]


def _worth(bought: Invoice) -> int:
    return sum(OFFERS[line.price_id or ""].item.credits for line in bought.lines)
