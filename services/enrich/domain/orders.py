"""Orders to a machine: what a page or a cell says to a language model instead of about a company."""

import re
from collections.abc import Iterator, Mapping

_LEET = str.maketrans("0134578", "oieastb")
_LEET_DIGIT = re.compile("[0134578]")
_RARE = '_"10zjи指'
HINTS = (
    "instru", "istruz", "anweisung", "consigne", "vorgaben", "prompt", "guideline", " rules", "language model", "sprachmodell",
    "llm", "assist",
    "im_start", "role\"", "l_call", "n_call", "ment_id", "ment id",
    "urce_id", "urce id", "vafgeh", "reglas",
    "regole", "指", "инструк",
    "правил", "json", "opening line", "first line", "system", "your answer",
    "mail you", "any ai", " an ai", "the ai", "1nstru", "pr0mpt", "1n5tru", "1n57", "1gn0r",
)  # fmt: skip
"""One of these stands in every order that is known here. A look for them costs a fraction of the patterns below."""
HINTS_BY_RARE: Mapping[str, tuple[str, ...]] = {
    rare: tuple(hint for hint in HINTS if next((one for one in _RARE if one in hint), "") == rare)
    for rare in (*_RARE, "")
}
"""By a character of theirs that most texts have not: a look for one character costs a tenth of a look for several."""
_ORDER = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass|overrule)\b.{0,50}?\b(?:instructions?|prompts?|rules?|guidelines)\b"
    r"|\b(?:new|updated|hidden|secret|urgent|additional|special|following) instructions?\b"
    r"|\binstructions? (?:to|for) (?:the |any |all )?(?:ai|llms?|language models?|assistants?|chatbots?|bots?|reader)\b"
    r"|\b(?:system|developer) ?(?:prompt|message|note|override|instruction)s?\b|\bsystem: "
    r"|\b(?:you are|you're|act as|pretend to be) (?:now )?(?:an? |the )?(?:\w+ )?(?:ai|llm|language model|assistant|chatbot)\b"
    r"|\b(?:as an|attention,?|note to|dear|hey,?|to the|to all|to any|any) (?:ai|llms?|language models?|chatbots?)\b"
    r"|\bassistant(?: must| should| shall)\b|(?:^|[.!?>\"] ?)(?:assistant|developer): "
    r"|<\|?/?(?:im_start|im_end|system|assistant|inst)|\[/?inst\]"
    r"|\btool_calls?\b|\bfunction_call\b|\"role\" ?:|\b(?:statement|source)[_ ]ids?\b"
    r"|\b(?:write|answer|reply|respond|output|say|include|insert|put|add|mention|return|begin|end|close|start)\b.{0,60}?"
    r"\b(?:the|your|every|each) (?:opening line|first line|e-?mail you|answer|json|output|reply|response)\b"
    r"|\b(?:ignorier\w*|missacht\w*|vergiss|vergessen sie)\b.{0,50}?\b(?:anweisung\w*|instruktion\w*|vorgaben|regeln)\b"
    r"|\banweisung(?:en)? (?:an|für) (?:die |das |den )?(?:ki|sprachmodell|assistent\w*)\b"
    r"|\b(?:ignore[zr]?|oublie[zr]?)\b.{0,50}?\b(?:instructions|consignes|règles)\b"
    r"|\b(?:ignor[ae]|olvid[ae]|esquece|esqueça)\b.{0,50}?\b(?:instrucciones|instruções|reglas|regras)\b"
    r"|\b(?:ignor[ai]|dimentica)\b.{0,50}?\b(?:istruzioni|regole)\b"
    r"|\b(?:negeer|vergeet)\b.{0,50}?\b(?:instructies|regels)\b"
    r"|(?:忽略|无视|忘记).{0,20}?(?:指令|指示)|игнорируй\w*.{0,50}?(?:инструкц|правила)"
    r"|\bvtaber\b.{0,50}?\bvafgehpgvba"
)
_BLOB = re.compile(r"(?<![\w./-])[A-Za-z0-9+]{40}[A-Za-z0-9+/]*={0,2}(?![\w.-])")
"""Nobody writes words that long: something is packed in it."""
_LONGEST_WORD = 40
_BEFORE, _AFTER = 160, 400
_NEAR = 140
"""An order reaches no further from the word that gives it away."""


def gives_orders(text: str) -> bool:
    """Whether a text speaks to a machine, or hides something from people."""
    return next(order_spans(text), None) is not None


def order_spans(text: str) -> Iterator[tuple[int, int]]:
    """Where a text without regard to case gives orders: what is said right before and after belongs to them."""
    if max(map(len, text.split()), default=0) >= _LONGEST_WORD:
        yield from ((max(0, found.start() - _BEFORE), found.end() + _AFTER) for found in _BLOB.finditer(text))
    plain = text.casefold()
    # Most hints stand nowhere, and `in` tells so at a third of what a call of `find` costs.
    hints = [hint for rare, some in HINTS_BY_RARE.items() if rare in plain for hint in some if hint in plain]
    for hint in hints:
        at = plain.find(hint)
        while at >= 0:
            begin, end = max(0, at - _NEAR), at + len(hint) + _NEAR
            if found := _ORDER.search(plain, begin, end) or _in_digits(plain, begin, end):
                yield max(0, found.start() - _BEFORE), found.end() + _AFTER
            at = plain.find(hint, at + _NEAR)


def _in_digits(plain: str, begin: int, end: int) -> re.Match[str] | None:
    """An order some of whose letters are written as digits."""
    if _LEET_DIGIT.search(plain, begin, end) is None:
        return None
    return _ORDER.search(plain[:end].translate(_LEET), begin)
