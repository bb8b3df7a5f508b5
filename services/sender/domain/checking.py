"""What keeps one row of a list from being written to, as the check, Start and a preview say it."""

from dataclasses import dataclass

from libs.common.errors import Invalid
from services.sender.domain.templates import TemplateSource
from services.sender.domain.writing import Addressee, Writer

MAX_DETAIL_CHARS = 500


@dataclass(frozen=True)
class Problem:
    """Why a row is left out, as a code and a sentence."""

    code: str
    detail: str


def problem_of_mail(source: TemplateSource, to: Addressee, *, writer: Writer) -> Problem | None:
    """Make the row's mail and throw it away; what speaks against it, if anything does."""
    try:
        writer.check_headers(writer.words(source, to, checked=True), to)
    except Invalid as error:
        return Problem(error.code, error.message[:MAX_DETAIL_CHARS])
    return None
