"""What calls cost us, in micro-dollars (list prices of November 2026), for receipts."""

SERPER_SEARCH = 1_000
FIRECRAWL_PAGE = 830

_GROQ_PER_TOKEN: dict[str, tuple[float, float]] = {
    "openai/gpt-oss-20b": (0.075, 0.30),
    "openai/gpt-oss-120b": (0.15, 0.60),
    "moonshotai/kimi-k2-instruct-0905": (1.00, 3.00),
    "meta-llama/llama-4-scout-17b-16e-instruct": (0.11, 0.34),
    "meta-llama/llama-4-maverick-17b-128e-instruct": (0.20, 0.60),
    "llama-3.3-70b-versatile": (0.59, 0.79),
    "llama-3.1-8b-instant": (0.05, 0.08),
    "qwen/qwen3-32b": (0.29, 0.59),
}
"""Micro-dollars per token (dollars per million): in, out."""
_DEAREST = (1.00, 3.00)


def completion_microusd(model: str, *, tokens_in: int, tokens_out: int) -> int:
    """The cost of a completion. A model that is not listed counts as the dearest, so that nobody is told too little."""
    price_in, price_out = _GROQ_PER_TOKEN.get(model, _DEAREST)
    return round(tokens_in * price_in + tokens_out * price_out)
