"""What keeps one row of a list from being written to, as the check, Start and a preview say it."""

from dataclasses import dataclass
from datetime import datetime

from libs.common.errors import Invalid
from services.sender.domain.message import message_id_of
from services.sender.domain.templates import TemplateSource
from services.sender.domain.writing import Addressee, Writer

MAX_DETAIL_CHARS = 500


@dataclass(frozen=True)
class Problem:
    """Why a row is left out, as a code and a sentence."""

    code: str
    detail: str


def problem_of_mail(source: TemplateSource, to: Addressee, *, writer: Writer, now: datetime) -> Problem | None:
    """Make the row's mail and throw it away; what speaks against it, if anything does."""
    try:
        rendered = writer.words(source, to, checked=True)
        message_id = message_id_of(to.email_id, domain=writer.sender.domain)
        writer.letter(rendered, to, message_id=message_id, now=now)
    except Invalid as error:
        return Problem(error.code, error.message[:MAX_DETAIL_CHARS])
    return None
