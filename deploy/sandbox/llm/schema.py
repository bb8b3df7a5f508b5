"""Pours an answer into whatever JSON schema the prompt asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from deploy.sandbox.llm.line import Line
from deploy.sandbox.llm.mischief import Mischief
from deploy.sandbox.llm.mischief_besides import spoil_answer, spoil_product
from deploy.sandbox.llm.prompt import Prompt, Source
from deploy.sandbox.llm.questions import Answer, answer, product
from deploy.sandbox.llm.research import Claim, Research
from deploy.sandbox.llm.sentences import sentences

_CATEGORIES = {
    "person": "person", "people": "person", "contact": "person", "lead": "person",
    "company": "company", "organisation": "company", "organization": "company", "firm": "company",
    "signals": "signals", "signal": "signals", "news": "signals", "events": "signals", "triggers": "signals",
}  # fmt: skip
_CLAIM_TEXT = frozenset({"text", "statement", "claim", "fact", "content"})
_CLAIM_SNIPPET = frozenset({"snippet", "quote", "evidence", "excerpt"})
_IDS = frozenset({"source_ids", "sources", "source_id", "source", "citations"})
_LINE_TEXT = frozenset({"line", "sif_personalized", "opening_line", "opener", "text", "sentence"})
_LINE_IDS = frozenset({"statement_ids", "statements", "used", "used_statement_ids", "statement_id"})
_NUMBER = re.compile(r"\d[\d,.]*")
_DEPTH = 12


@dataclass(slots=True)
class Content:
    """What there is to say, whatever the form."""

    prompt: Prompt
    research: Research = field(default_factory=Research)
    line: Line | None = None
    mischief: Mischief = field(default_factory=Mischief)
    careless: bool = False
    """Whether namesakes are mixed up."""

    def claims(self, category: str) -> list[Claim]:
        """The claims of a category, or all."""
        return getattr(self.research, category) if category else self.research.claims

    def answer(self, key: str) -> Answer:
        """The answer to one of the questions besides."""
        column = self.prompt.columns[key]
        found = answer(column, self.prompt, careless=self.careless)
        return spoil_answer(found, self.prompt, self.mischief, column=column)

    def product(self) -> Answer:
        """The product that fits."""
        return spoil_product(product(self.prompt, careless=self.careless), self.prompt, self.mischief)

    def used_sources(self) -> list[Source]:
        """The sources that were quoted."""
        used = {source_id for claim in self.research.claims for source_id in claim.source_ids}
        return [source for source in self.prompt.sources if source.id in used]


def default_form(content: Content) -> dict[str, Any]:
    """The form of an answer when no schema asks for another."""
    if content.line is not None:
        return {"line": content.line.text, "statement_ids": content.line.statement_ids}
    return {
        name: [{"text": c.text, "source_ids": c.source_ids, "snippet": c.snippet} for c in content.claims(name)]
        for name in ("person", "company", "signals")
    }


def fill(schema: dict[str, Any], content: Content) -> Any:
    """An instance of the schema that says the content."""
    return _Filler(schema, content).value(schema, name="", category="", claim=None, depth=0)


class _Filler:
    def __init__(self, root: dict[str, Any], content: Content) -> None:
        self._root = root
        self._content = content

    def value(self, schema: dict[str, Any], *, name: str, category: str, claim: Claim | None, depth: int) -> Any:
        schema, nullable = self._resolved(schema)
        category = _CATEGORIES.get(name, category)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return self._choice(schema["enum"], name=name, claim=claim)
        kind = schema.get("type") or ("object" if "properties" in schema else "string")
        if kind == "object" and depth < _DEPTH:
            parts: dict[str, Any] = schema.get("properties") or {}
            if name in self._content.prompt.columns and "value" in parts:
                return self._answered(self._content.answer(name), parts)
            if name == "product" and "id" in parts:
                return self._answered(self._content.product(), parts)
            return {
                part: self.value(form, name=part, category=category, claim=claim, depth=depth + 1)
                for part, form in parts.items()
            }
        if kind == "array":
            return self._list(schema, name=name, category=category, claim=claim, depth=depth)
        if kind == "boolean":
            return name == "sandboxed"
        if claim is not None and name == "strength":
            return claim.strength
        if kind in ("number", "integer"):
            return self._number(schema, name=name, nullable=nullable, whole=kind == "integer")
        text = self._text(name, description=str(schema.get("description", "")), category=category, claim=claim)
        return None if nullable and not text else text

    def _answered(self, found: Answer, parts: dict[str, Any]) -> dict[str, Any]:
        """An answer with its evidence, in the parts that are asked for."""
        value = [] if found.value is None and parts.get("value", {}).get("type") == "array" else found.value
        known = {"value": value, "id": value, "source_ids": list(found.source_ids), "snippet": found.snippet}
        return {part: known.get(part, "") for part in parts}

    def _resolved(self, schema: dict[str, Any]) -> tuple[dict[str, Any], bool]:
        nullable = False
        for _ in range(_DEPTH):
            if "$ref" in schema:
                target: Any = self._root
                for part in str(schema["$ref"]).removeprefix("#/").split("/"):
                    target = target[part]
                schema = target
            elif "anyOf" in schema or "oneOf" in schema:
                forms = schema.get("anyOf") or schema["oneOf"]
                real = [form for form in forms if form.get("type") != "null"]
                nullable = nullable or len(real) < len(forms)
                schema = {**{key: schema[key] for key in ("description",) if key in schema}, **real[0]}
            elif isinstance(schema.get("type"), list):
                kinds = [kind for kind in schema["type"] if kind != "null"]
                nullable = nullable or len(kinds) < len(schema["type"])
                schema = {**schema, "type": kinds[0]}
            else:
                break
        return schema, nullable

    def _list(self, schema: dict[str, Any], *, name: str, category: str, claim: Claim | None, depth: int) -> list[Any]:
        items = schema.get("items") or {}
        form, _ = self._resolved(items)
        most = schema.get("maxItems", 100)
        line = self._content.line
        if form.get("type") != "object" and "properties" not in form:
            return self._plain_list(name, category=category, claim=claim)[:most]
        if line is not None:
            return []
        parts = set(form.get("properties") or {})
        if name in {"sources", "citations"} and not parts & _CLAIM_SNIPPET:
            return [_source_form(source, parts) for source in self._content.used_sources()][:most]
        if not parts & (_CLAIM_TEXT | _CLAIM_SNIPPET):
            return []
        claims = self._content.claims(category)
        return [self.value(form, name="", category=category, claim=one, depth=depth + 1) for one in claims[:most]]

    def _plain_list(self, name: str, *, category: str, claim: Claim | None) -> list[Any]:
        line = self._content.line
        if line is not None:
            return list(line.statement_ids) if name in _LINE_IDS else []
        if claim is not None:
            return list(claim.source_ids) if name in _IDS else []
        if name in _IDS:
            return [source.id for source in self._content.used_sources()]
        return (
            [one.text for one in self._content.claims(category)] if category or name in {"statements", "facts"} else []
        )

    def _text(self, name: str, *, description: str, category: str, claim: Claim | None) -> str:
        content = self._content
        if claim is not None:
            return _claim_text(claim, name)
        if content.line is not None and name in _LINE_TEXT:
            return content.line.text
        if content.line is not None and name in _LINE_IDS:
            return next(iter(content.line.statement_ids), "")
        if name == "name" and category in {"person", "company"}:
            return content.prompt.person if category == "person" else content.prompt.company
        if name in content.prompt.row:
            return content.prompt.row[name]
        if name == "language":
            return content.prompt.language
        if category and name in {category, "summary"}:
            return " ".join(one.text for one in content.claims(category)[:2])
        return self._best_sentence(f"{name.replace('_', ' ')} {description}")

    def _best_sentence(self, wanted: str, *, with_number: bool = False) -> str:
        words = set(re.findall(r"\w{4,}", wanted.casefold()))
        best, most = "", 0
        for claim in self._content.research.claims:
            if with_number and not _NUMBER.search(claim.snippet):
                continue
            hits = sum(word[:6] in claim.snippet.casefold() for word in words)
            if hits > most:
                best, most = claim.snippet, hits
        return best

    def _number(self, schema: dict[str, Any], *, name: str, nullable: bool, whole: bool) -> float | int | None:
        if name in {"confidence", "score", "certainty"}:
            claims = len(self._content.research.claims) or len(
                self._content.line.statement_ids if self._content.line else []
            )
            top = schema.get("maximum", 1)
            return (
                round(min(0.95, 0.2 + 0.1 * claims) * top, 2) if not whole else int(min(0.95, 0.2 + 0.1 * claims) * top)
            )
        found = _NUMBER.search(self._best_sentence(f"{name} {schema.get('description', '')}", with_number=True))
        if found is None:
            return None if nullable else schema.get("minimum", 0)
        number = float(found.group().replace(",", "").rstrip(".") or 0)
        return int(number) if whole else number

    def _choice(self, choices: list[Any], *, name: str, claim: Claim | None) -> Any:
        if claim is not None and name == "aspect":
            return claim.aspect if claim.aspect in choices else choices[-1]
        if claim is not None:
            for choice in choices:
                if _CATEGORIES.get(str(choice).casefold()) == claim.category:
                    return choice
        if name == "confidence" and "low" in choices:
            many = len(self._content.research.claims)
            wanted = "high" if many > 5 else "medium" if many > 1 else "low"
            return wanted if wanted in choices else "low"
        texts = " ".join(source.text for source in self._content.prompt.sources).casefold()
        named = [choice for choice in choices if isinstance(choice, str) and choice.casefold() in texts]
        unsure = [choice for choice in choices if choice in ("unknown", "none", "other", None)]
        return (named or unsure or choices)[0]


def _claim_text(claim: Claim, name: str) -> str:
    if name in _CLAIM_SNIPPET:
        return claim.snippet
    if name in _IDS:
        return claim.source_ids[0]
    if name == "date":
        return claim.date
    return claim.text if name in _CLAIM_TEXT else claim.category if name in {"category", "kind", "about"} else ""


def _source_form(source: Source, parts: set[str]) -> dict[str, str]:
    known = {
        "id": source.id,
        "url": source.url,
        "title": source.title,
        "snippet": next(iter(sentences(source.text)), ""),
    }
    return {part: known.get(part, "") for part in parts}
