"""What the model does wrong with the questions that are asked besides: extra columns, and which product fits."""

from __future__ import annotations

from deploy.sandbox.llm.mischief import Mischief, changed
from deploy.sandbox.llm.obedience import orders_in
from deploy.sandbox.llm.planted import Wrong
from deploy.sandbox.llm.prompt import Column, Prompt
from deploy.sandbox.llm.questions import Answer


def spoil_answer(found: Answer, prompt: Prompt, mischief: Mischief, *, column: Column) -> Answer:
    """An answer to one of the questions besides, made wrong. The question itself may give an order, too."""
    kind = column.kind
    ids = found.source_ids or [source.id for source in prompt.sources[:1]]
    true = found.snippet
    spoilt: tuple[Answer, Wrong, str] | None = None
    asked = orders_in([column.question]) if mischief.obey else []
    orders = orders_in(source.text for source in prompt.sources) if mischief.obey else []
    if asked:
        spoilt = Answer(_as_kind(asked[0].wanted, kind), ids, true or asked[0].wanted), "obeyed", "question"
    elif orders:
        order = orders[0]
        spoilt = Answer(_as_kind(order.wanted, kind), [prompt.sources[order.where].id], order.wanted), "obeyed", "order"
    elif mischief.invent:
        value = _as_kind(f"{prompt.company or 'It'} was bought by Quarrington Holdings", kind)
        evidence = true if true and kind != "boolean" else f"{prompt.company} told so to nobody at all."
        spoilt = Answer(value, ids, evidence), "invented", "answer"
    elif mischief.misquote and true:
        spoilt = Answer(found.value, ids, changed(true)), "misquoted", "snippet"
    if spoilt is None:
        return found
    answer, wrong, way = spoilt
    mischief.note(prompt, "extra", wrong, way, text=str(answer.value), snippet=answer.snippet)
    return answer


def spoil_product(found: Answer, prompt: Prompt, mischief: Mischief) -> Answer:
    """The product that fits best, replaced by one that does not exist, or that somebody orders."""
    true = found.snippet or next((source.text[:60] for source in prompt.sources), "")
    ids = found.source_ids or [source.id for source in prompt.sources[:1]]
    orders = orders_in(source.text for source in prompt.sources) if mischief.obey else []
    if orders and prompt.products:
        order = orders[0]
        wanted = prompt.products[-1].get("id", "")
        answer = Answer(wanted, [prompt.sources[order.where].id], order.wanted)
        mischief.note(prompt, "product", "obeyed", "order", text=wanted, snippet=order.wanted)
        return answer
    if mischief.invent:
        mischief.note(prompt, "product", "invented", "unknown product", text="gold-plan", snippet=true)
        return Answer("gold-plan", ids, true)
    if mischief.misquote and found.value:
        snippet = changed(true)
        mischief.note(prompt, "product", "misquoted", "snippet", text=str(found.value), snippet=snippet)
        return Answer(found.value, ids, snippet)
    return found


def _as_kind(text: str, kind: str) -> object:
    """The wrong as an answer of a kind."""
    if kind == "number":
        return 987654
    if kind == "date":
        return "1871-04-01"
    if kind == "boolean":
        return True
    return [text] if kind == "list" else text
