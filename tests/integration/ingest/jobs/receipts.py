"""Receipts with numbers in them, and what they must add up to: a model of the sums that ingest keeps."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from libs.common.contracts.research import ModelUse, Receipt, RowResult, RowStatus
from services.ingest.domain.usage import COUNTS, Calls, Usage
from tests.integration.ingest.jobs.steps import result

MODELS = ("openai/gpt-oss-20b", "llama-3.1-8b-instant")


def receipt(seed: int, *, sandboxed: bool = False) -> Receipt:
    """A receipt whose every number is told by its seed."""
    model = MODELS[seed % 2]
    use = ModelUse(calls=2, tokens_in=seed * 10, tokens_out=seed, cost_microusd=seed * 7)
    return Receipt(
        provider_calls={"serper": 3, "groq": 2, "website": seed % 3},
        provider_costs={"serper": 3000, "groq": seed * 7},
        models=[model],
        by_model={model: use},
        tokens_in=use.tokens_in,
        tokens_out=use.tokens_out,
        cost_microusd=3000 + seed * 7,
        cache_hits=seed % 4,
        duration_ms=seed,
        attempts=1 + seed % 2,
        sandboxed=sandboxed,
    )


def row(row_no: int, seed: int | None = None, *, status: RowStatus = "enriched", sandboxed: bool = False) -> RowResult:
    told = receipt(row_no if seed is None else seed, sandboxed=sandboxed)
    return result(row_no, status).model_copy(update={"receipt": told})


def sums_of(rows: Sequence[tuple[str, dict[str, Any]]], *, earned: int = 0) -> Usage:
    """Every number added up as it stands in the stored receipts. Rows that nobody answered have an empty one."""
    usage = Usage(credits=earned)
    for status, told in rows:
        if not told:
            continue
        for name in COUNTS:
            counted = int(name == f"rows_{status}") if name.startswith("rows_") else told.get(name, 0)
            setattr(usage, name, getattr(usage, name) + counted)
        for name, calls in told["provider_calls"].items():
            was = usage.providers.get(name, Calls())
            cost = told["provider_costs"].get(name, 0)
            usage.providers[name] = Calls(was.calls + calls, 0, 0, was.cost_microusd + cost)
        for name, use in told["by_model"].items():
            was = asdict(usage.models.get(name, Calls()))
            usage.models[name] = Calls(**{key: was[key] + use[key] for key in was})
    return usage
