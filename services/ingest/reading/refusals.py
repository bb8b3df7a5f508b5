"""Why a file is refused: the codes are part of the API, the sentence says what was found and what to do."""

from typing import Literal

RefusalCode = Literal["empty_file", "no_rows", "not_a_table", "wrong_type", "too_large", "unreadable"]


class Refused(Exception):
    """The file cannot be taken."""

    def __init__(self, code: RefusalCode, detail: str) -> None:
        super().__init__(detail)
        self.code: RefusalCode = code
        self.detail = detail
