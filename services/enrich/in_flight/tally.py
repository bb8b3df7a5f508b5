"""What a row has cost so far; becomes its receipt."""

from dataclasses import dataclass, field
from typing import Any

from services.enrich.clients import prices
from services.enrich.clients.accounts import Account
from services.enrich.clients.groq import Answer


@dataclass(slots=True)
class Tally:
    """Counts calls that were answered; its fields are those of the contract's receipt.

    Kept with the stages, so that a row finished by another worker knows it all.
    """

    provider_calls: dict[str, int] = field(default_factory=dict[str, int])
    provider_costs: dict[str, int] = field(default_factory=dict[str, int])
    models: list[str] = field(default_factory=list[str])
    by_model: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])
    tokens_in: int = 0
    tokens_out: int = 0
    cost_microusd: int = 0
    cache_hits: int = 0
    duration_ms: int = 0
    attempts: int = 1
    sandboxed: bool = False

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> "Tally":
        """As it was stored with a stage."""
        return cls(**told)

    def call(self, account: Account, *, cost_microusd: int) -> None:
        """One answered call."""
        provider = account.provider
        self.provider_calls[provider] = self.provider_calls.get(provider, 0) + 1
        self.provider_costs[provider] = self.provider_costs.get(provider, 0) + cost_microusd
        self.cost_microusd += cost_microusd
        self.sandboxed = self.sandboxed or account.mode == "sandbox"

    def completion(self, account: Account, answer: Answer) -> None:
        """One completion, usable or not: it was paid for."""
        cost = prices.completion_microusd(answer.model, tokens_in=answer.tokens_in, tokens_out=answer.tokens_out)
        self.call(account, cost_microusd=cost)
        self.tokens_in += answer.tokens_in
        self.tokens_out += answer.tokens_out
        if answer.model not in self.models:
            self.models.append(answer.model)
        use = {"calls": 1, "tokens_in": answer.tokens_in, "tokens_out": answer.tokens_out, "cost_microusd": cost}
        _add(self.by_model.setdefault(answer.model, {}), use)

    def add(self, other: "Tally") -> None:
        """What another part of the row has cost; the parts have worked at the same time."""
        _add(self.provider_calls, other.provider_calls)
        _add(self.provider_costs, other.provider_costs)
        for model, use in other.by_model.items():
            _add(self.by_model.setdefault(model, {}), use)
        self.models.extend(model for model in other.models if model not in self.models)
        self.tokens_in += other.tokens_in
        self.tokens_out += other.tokens_out
        self.cost_microusd += other.cost_microusd
        self.cache_hits += other.cache_hits
        self.duration_ms = max(self.duration_ms, other.duration_ms)
        self.sandboxed = self.sandboxed or other.sandboxed

    def cached(self, *, sandboxed: bool) -> None:
        """Something that need not be asked for again. What was invented stays so."""
        self.cache_hits += 1
        self.sandboxed = self.sandboxed or sandboxed

    def read_ourselves(self, name: str) -> None:
        """A page that was read without a provider, and cost nothing."""
        self.provider_calls[name] = self.provider_calls.get(name, 0) + 1


def _add(sums: dict[str, int], more: dict[str, int]) -> None:
    for name, count in more.items():
        sums[name] = sums.get(name, 0) + count
