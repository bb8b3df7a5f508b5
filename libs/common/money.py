"""Amounts of money, which are whole smallest units of a currency everywhere, as people write them."""


def amount_of(minor: int, currency: str) -> str:
    """Money as it is written in its currency: most have two decimals, some none, some three."""
    decimals = 0 if currency.lower() in _WHOLE else 3 if currency.lower() in _THOUSANDTHS else 2
    return f"{minor / 10**decimals:,.{decimals}f} {currency.upper()}"


_WHOLE = frozenset(
    {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"}
)
_THOUSANDTHS = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
"""Stripe's zero- and three-decimal currencies."""
