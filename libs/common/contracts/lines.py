"""What an opening line can be asked to be: shared by who takes the order and who writes the line."""

from collections.abc import Mapping
from typing import Final, Literal

Tone = Literal["friendly", "formal", "direct", "playful"]
TONES: Final[Mapping[Tone, str]] = {
    "friendly": "Warm and plain, as one writes to somebody one has met once.",
    "formal": "Polite and measured: full sentences, the formal address, no exclamation mark, no jokes.",
    "direct": "Short and to the point: the observation first, then one question.",
    "playful": "Light, with at most one turn of phrase that makes one smile, never at the reader's expense.",
}
"""Tone → the one sentence of rules that it means."""

LANGUAGES: Final[Mapping[str, str]] = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "pt": "Portuguese",
    "nl": "Dutch",
    "pl": "Polish",
    "cs": "Czech",
    "sv": "Swedish",
    "da": "Danish",
    "nb": "Norwegian",
    "fi": "Finnish",
    "ro": "Romanian",
    "hu": "Hungarian",
    "tr": "Turkish",
}
"""The languages whose lines a program can check, by ISO 639-1 code."""

PRIVATE_ROLES: Final = frozenset({"email", "phone", "linkedin"})
"""Roles of a sheet whose cells no model is told: neither may they, nor may their columns be named in a person's own rules."""

OWN_FIELDS: Final = ("offer", "product", "pitch")
"""What may be named in braces in a person's own rules beside the roles and the columns of the sheet."""

FEWEST_WORDS: Final = 10
MOST_WORDS: Final = 80
USUAL_WORDS: Final = 40
MOST_FORBIDDEN: Final = 50
FORBIDDEN_CHARS: Final = 80
RULES_CHARS: Final = 2000
