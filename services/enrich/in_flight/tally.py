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
    models: list[str] = field(default_factory=list[str])
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
        self.provider_calls[account.provider] = self.provider_calls.get(account.provider, 0) + 1
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

    def add(self, other: "Tally") -> None:
        """What another part of the row has cost; the parts have worked at the same time."""
        for name, calls in other.provider_calls.items():
            self.provider_calls[name] = self.provider_calls.get(name, 0) + calls
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
