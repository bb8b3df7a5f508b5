"""Why mail could not be sent, in names that dead letters are grouped by, and what a person can do about each."""

import re
from typing import Final, Literal

from services.sender.domain.sending import Deferred, Outcome, Refused

Cause = Literal[
    "no_such_address",
    "refused",
    "given_up",
    "line_missing",
    "mail_empty",
    "mail_too_long",
    "unsafe_header",
    "mail_not_made",
]
WHAT_TO_DO: Final[dict[Cause, str]] = {
    "no_such_address": "There is nobody at the address. Put the right one in, or discard it.",
    "refused": "The recipient's server refused the mail for good. Read its answer; change the template or the mailbox, then"
    " replay, or discard it.",
    "given_up": "The recipient's server put the mail off too often. Replay it later, or discard it.",
    "line_missing": "The row has no opening line, and the template uses it. Write one, then replay.",
    "mail_empty": "Subject or text came out empty. Fill in what the template uses, then replay.",
    "mail_too_long": "The mail came out too long. Shorten its line or the template, then replay.",
    "unsafe_header": "The subject or a name would hold a line break or a NUL, which no header may. Take it out of the row's"
    " field, or of the template's subject in a new campaign, then replay.",
    "mail_not_made": "The template could not be filled in for this row. Mend what its sentence names, then replay.",
}
_BY_CODE: Final[dict[str, Cause]] = {
    "line_missing": "line_missing",
    "mail_empty": "mail_empty",
    "mail_too_long": "mail_too_long",
    "subject_too_long": "mail_too_long",
    "value_too_long": "mail_too_long",
    "unsafe_header": "unsafe_header",
}
_CODE: Final = re.compile(r"([a-z_]+): ")


def cause_of_outcome(outcome: Outcome) -> Cause:
    """Of a call that ended in `failed`."""
    match outcome:
        case Refused(no_such_address=True):
            return "no_such_address"
        case Deferred():
            return "given_up"
        case _:
            return "refused"


def cause_of_problem(problem: str) -> Cause:
    """Of a mail that could not be made: `code: sentence`."""
    found = _CODE.match(problem)
    return _BY_CODE.get(found[1] if found else "", "mail_not_made")
