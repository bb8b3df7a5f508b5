"""Why a file is refused: the codes are part of the API, the sentence says what was found and what to do."""

from typing import Literal

RefusalCode = Literal[
    "empty_file",
    "no_rows",
    "not_a_table",
    "too_large",
    "too_sparse",
    "unreadable",
    "encrypted",
    "archive_bomb",
    "nested_archive",
    "several_files",
    "unsafe_xml",
    "option_invalid",
]


class Refused(Exception):
    """The file cannot be taken."""

    def __init__(self, code: RefusalCode, detail: str) -> None:
        super().__init__(detail)
        self.code: RefusalCode = code
        self.detail = detail
