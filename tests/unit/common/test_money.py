"""Money is written as its currency is."""

import pytest

from libs.common.money import amount_of


@pytest.mark.parametrize(
    ("minor", "currency", "written"),
    [
        (1900, "eur", "19.00 EUR"),
        (123456789, "usd", "1,234,567.89 USD"),
        (500, "jpy", "500 JPY"),
        (1500, "kwd", "1.500 KWD"),
    ],
)
def test_money_is_written_with_its_currencys_decimals(minor: int, currency: str, written: str) -> None:
    assert amount_of(minor, currency) == written
