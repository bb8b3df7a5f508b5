"""One completion: the text that answers the messages in the form that was asked for."""

from __future__ import annotations

from typing import Any

import orjson

from deploy.sandbox.dials import Dials
from deploy.sandbox.llm.line import write_line
from deploy.sandbox.llm.mischief import Mischief, spoil_line, spoil_research
from deploy.sandbox.llm.planted import Planted
from deploy.sandbox.llm.prompt import NO_PROMPT, Prompt, read_prompt, text_of
from deploy.sandbox.llm.research import research
from deploy.sandbox.llm.schema import Content, default_form, fill
from deploy.sandbox.llm.sentences import sentences


def compose(
    messages: list[dict[str, Any]],
    response_format: dict[str, Any],
    *,
    dials: Dials,
    nth: int,
    planted: list[Planted] | None = None,
) -> tuple[str, str]:
    """The completion, and in a few words what it was about. What is wrong in it on purpose is added to `planted`."""
    prompt = read_prompt(messages)
    kind = response_format.get("type", "text")
    if prompt is None and kind == "text":
        return _chatter(text_of(messages[-1])), "chat"
    content = _content(prompt or NO_PROMPT, dials, nth)
    schema = (response_format.get("json_schema") or {}).get("schema") if kind == "json_schema" else _told(messages)
    form = fill(schema, content) if isinstance(schema, dict) else default_form(content)
    if planted is not None:
        planted.extend(content.mischief.planted)
    about = f"{content.prompt.task}: {content.prompt.person or content.prompt.company}"
    return orjson.dumps(form).decode(), about


def _content(prompt: Prompt, dials: Dials, nth: int) -> Content:
    seed = "|".join((prompt.task, *prompt.row.values(), *(source.text for source in prompt.sources)))
    mischief = Mischief.drawn(dials, prompt=seed, nth=nth)
    if prompt.task == "line":
        line = write_line(prompt)
        spoil_line(line, prompt, mischief)
        return Content(prompt, line=line, mischief=mischief)
    found = research(prompt, namesakes_too=mischief.mix)
    if mischief.is_up_to_something:
        spoil_research(found, research(prompt), prompt, mischief)
    return Content(prompt, research=found, careless=mischief.mix, mischief=mischief)


def _told(messages: list[dict[str, Any]]) -> Any:
    """The schema that ends the instructions, where a model is told the form in words; None when there is none."""
    _, found, schema = text_of(messages[0]).rpartition("\n{")
    try:
        return orjson.loads("{" + schema) if found else None
    except orjson.JSONDecodeError:
        return None


def _chatter(text: str) -> str:
    first = next(iter(sentences(text)), text.strip()[:200])
    return f"You wrote: {first}" if first else "There is nothing to answer."
