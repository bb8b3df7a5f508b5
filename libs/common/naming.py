"""How an address is found among other words."""

import re


def pattern_of(*spellings: str) -> str:
    """A regular expression, for Python and for Postgres, that finds an address by any of its spellings where it is not the end
    or the beginning of a longer one. What JSON and Postgres write for a line break, a letter or a byte does not belong to it."""
    begins = r"(?:(?<![\w.+-])(?<!\w['&])|(?<=\\[bfnrt])|(?<=\\u[0-9a-f]{4})|(?<=\\[0-7]{3}))"
    return rf"{begins}(?:{'|'.join(re.escape(one) for one in spellings)})(?![\w-]|\.\w)"
