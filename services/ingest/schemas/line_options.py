"""What can be asked of the opening lines, as the API lists it for a form."""

from pydantic import BaseModel

from libs.common.contracts.lines import (
    FEWEST_WORDS,
    FORBIDDEN_CHARS,
    LANGUAGES,
    MOST_FORBIDDEN,
    MOST_WORDS,
    RULES_CHARS,
    TONES,
    USUAL_WORDS,
)
from services.ingest.domain.line_options import FIELDS


class ToneOut(BaseModel):
    """A tone, and the sentence of rules that it means."""

    name: str
    rule: str


class LanguageOut(BaseModel):
    """A language that lines are written and checked in."""

    code: str
    name: str


class LineOptionsOut(BaseModel):
    """`fields` may be named in braces in `line_rules`, and so may every column of the sheet. The first tone and the first
    language hold when none is chosen."""

    tones: list[ToneOut]
    languages: list[LanguageOut]
    fields: list[str]
    min_words: int
    max_words: int
    usual_words: int
    max_forbidden_words: int
    max_forbidden_chars: int
    max_line_rules_chars: int


def line_options_out() -> LineOptionsOut:
    """The API's view of the form."""
    return LineOptionsOut(
        tones=[ToneOut(name=name, rule=rule) for name, rule in TONES.items()],
        languages=[LanguageOut(code=code, name=name) for code, name in LANGUAGES.items()],
        fields=list(FIELDS),
        min_words=FEWEST_WORDS,
        max_words=MOST_WORDS,
        usual_words=USUAL_WORDS,
        max_forbidden_words=MOST_FORBIDDEN,
        max_forbidden_chars=FORBIDDEN_CHARS,
        max_line_rules_chars=RULES_CHARS,
    )
