"""`sif_research` and the row result: the structured research in which every statement cites its source."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from libs.common.contracts.envelope import Payload

RowStatus = Literal["enriched", "degraded", "failed", "skipped"]
"""enriched: delivered and charged; the others are free: degraded has a plain line, failed and skipped a reason."""


class Source(Payload):
    """Where something was read. `id` is local to the row (`s1`, `s2`, …)."""

    id: str
    url: str
    title: str = ""
    kind: Literal["search", "news", "website"]


Aspect = Literal["role", "background", "recent", "sells", "sold_to", "size", "news", "other"]
"""What a statement tells: of a person its role, background or recent doings; of a company what it sells, to whom, its size, its
news."""


class Statement(Payload):
    """One claim, with the exact words of the source that back it."""

    id: str
    text: str
    source_ids: list[str]
    snippet: str
    aspect: Aspect = "other"


class Signal(Statement):
    """A statement useful for outreach. `strength` is 1 (weak) to 3 (strong); `date` as far as the source states one."""

    strength: int = Field(default=1, ge=1, le=3)
    date: str | None = None


class Rejected(Payload):
    """A result that was found and not used, and why: it is about a namesake, another company, somebody else."""

    url: str
    reason: str


class Research(Payload):
    """The `sif_research` column. `confidence` (0..1) is computed from the evidence, never asked of the model."""

    person: list[Statement] = []
    company: list[Statement] = []
    signals: list[Signal] = []
    sources: list[Source] = []
    rejected: list[Rejected] = []
    confidence: float = Field(default=0, ge=0, le=1)
    as_of: datetime
    sandboxed: bool = False


class ModelUse(Payload):
    """What a model was asked and what it answered, in calls and tokens; its cost in millionths of a US dollar."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_microusd: int = 0


class Receipt(Payload):
    """What a row cost us. `cost_microusd` is in millionths of a US dollar, from the price table of the clients.

    `provider_costs` and `by_model` tell the same calls and the same cost apart, by provider and by model.
    """

    provider_calls: dict[str, int] = {}
    provider_costs: dict[str, int] = {}
    models: list[str] = []
    by_model: dict[str, ModelUse] = {}
    tokens_in: int = 0
    tokens_out: int = 0
    cost_microusd: int = 0
    cache_hits: int = 0
    duration_ms: int = 0
    attempts: int = 1
    sandboxed: bool = False


ColumnAnswer = str | int | float | bool | list[str] | None


class ExtraAnswer(Payload):
    """What was found for one extra column, in the column's type, and the words of the sources that back it; null is unknown."""

    value: ColumnAnswer = None
    source_ids: list[str] = []
    snippet: str = ""


class ProductChoice(Payload):
    """Which product to offer this row, and why: a rule of the workspace's catalogue, or inferred from what was found.

    `product` is its id, `name` what people read; `rule` names the rule; `why` is its trace in a sentence. What is inferred
    rests on a snippet of its sources.
    """

    product: str
    name: str = ""
    pitch: str = ""
    chosen_by: Literal["rule", "inference"]
    rule: str | None = None
    why: str = ""
    source_ids: list[str] = []
    snippet: str = ""
    catalogue_version: int = Field(ge=1)


class RowResult(Payload):
    """What enrich answers for one row. `reason` says why when the status is not `enriched`; `extra` is by column name."""

    row_no: int = Field(ge=1)
    status: RowStatus
    research: Research | None = None
    line: str | None = None
    reason: str | None = None
    receipt: Receipt = Receipt()
    extra: dict[str, ExtraAnswer] = {}
    product: ProductChoice | None = None
