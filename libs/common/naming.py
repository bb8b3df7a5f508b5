"""How an address is found among other words."""

import re

ERASED = "erased"
"""What stands where words were."""
FILE_ENDING = r"(?:\.(?:csv|tsv|tab|txt|xlsx|xlsm|xlsb|xls|ods|zip|gz))+$"
"""What a file's name ends in: unlike other words after a dot it is no part of an address. In lower case."""
_BEGINS = r"(?:(?<![\w.+-])(?<!\w['&])|(?<=\\[bfnrt])|(?<=\\u[0-9a-f]{4})|(?<=\\[0-7]{3}))"
_ENDS = r"(?![\w-]|\.\w)"


def pattern_of(*spellings: str) -> str:
    """A regular expression, for Python and for Postgres, that finds an address by any of its spellings where it is not the end
    or the beginning of a longer one. What JSON and Postgres write for a line break, a letter or a byte does not belong to it."""
    return rf"{_BEGINS}(?:{'|'.join(re.escape(one) for one in spellings)}){_ENDS}"


def name_pattern_of(*spellings: str) -> str:
    """The same in what a file is called, or what is called after a file."""
    return rf"{_BEGINS}(?:{'|'.join(re.escape(one) for one in spellings)})(?:{_ENDS}|(?={FILE_ENDING}))"
