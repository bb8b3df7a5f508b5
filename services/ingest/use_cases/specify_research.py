"""What somebody asks to have researched, as a request that can be told from another, and as the spec that enrich follows."""

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, ClassVar
from uuid import UUID

from libs.common.contracts.ingest import ResearchSpec
from libs.common.contracts.lines import USUAL_WORDS, Tone
from services.ingest.domain.extra_columns import ExtraColumnAsked, check_extra_columns
from services.ingest.domain.line_options import check_forbidden, check_language, check_line_rules, columns_told
from services.ingest.domain.specs import mapping_by_name, spec_hash
from services.ingest.domain.uploads import Reading


@dataclass(frozen=True)
class ResearchRequest:
    """How rows of an upload are to be researched. Its fingerprint tells a second click from another request."""

    upload_id: UUID
    mapping: Mapping[str, int] | None = None
    accept_degraded: bool = False
    language: str = "en"
    max_words: int = USUAL_WORDS
    offer: str = ""
    tone: Tone = "friendly"
    forbidden_words: tuple[str, ...] = ()
    line_rules: str = ""
    extra_columns: tuple[ExtraColumnAsked, ...] = ()

    ALWAYS_IN: ClassVar = frozenset({"mapping", "accept_degraded", "language", "max_words", "offer"})
    """Fields that count also where they say what holds anyway; the others leave a fingerprint as it would be without them."""

    @property
    def fingerprint(self) -> str:
        left_out = {
            field.name
            for field in fields(self)
            if field.name not in self.ALWAYS_IN
            and field.default is not MISSING
            and getattr(self, field.name) == field.default
        }
        content = {name: value for name, value in asdict(self).items() if name not in left_out}
        return spec_hash({**content, "upload_id": str(self.upload_id)})


def specify_research(request: ResearchRequest, reading: Reading, *, mapping: Mapping[str, int]) -> dict[str, Any]:
    """The spec of a request for a sheet.

    Raises Invalid `extra_columns_invalid`, `language_unknown`, `forbidden_words_invalid`, `line_rules_invalid`.
    """
    names = [column["name"] for column in reading.columns]
    headers = [column["header"] for column in reading.columns if isinstance(column["header"], str)]
    check_extra_columns(request.extra_columns, taken=[*names, *headers])
    check_language(request.language)
    check_forbidden(request.forbidden_words)
    by_name = mapping_by_name(mapping, names)
    columns = [*columns_told(names, by_name), *(column.name for column in request.extra_columns)]
    check_line_rules(request.line_rules, columns=columns)
    content = {
        "mapping": by_name,
        "language": request.language,
        "max_words": request.max_words,
        "offer": request.offer,
        "tone": request.tone,
        "forbidden_words": list(request.forbidden_words),
        "line_rules": request.line_rules,
        "accept_degraded": request.accept_degraded,
        "extra_columns": [asdict(column) for column in request.extra_columns],
    }
    return ResearchSpec.model_validate({**content, "hash": spec_hash(content)}).model_dump(mode="json")
