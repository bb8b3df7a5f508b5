"""Requests made from the API's description, valid ones and broken ones, and what is wrong with the answers (schemathesis)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.core.transport import Response
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.generation.case import Case
from schemathesis.openapi.checks import RejectedPositiveData

from tests.support.known_ids import Ids, with_ids

Json = dict[str, Any]
PROBLEM = "application/problem+json"
NO_REQUEST = {400: b'"code":"not_http"', 431: b'"code":"head_too_large"'}
"""What is said of a head that is none, or over 64 KiB, before there is a request to describe."""
BEYOND_SCHEMAS = ("should be a valid integer", "should have at least 1 character")
PHASES = ("examples", "coverage", "fuzzing", "stateful")


def names_of(document: Json) -> list[str]:
    """`METHOD /path` of every operation."""
    return [f"{method.upper()} {path}" for path, operations in document["paths"].items() for method in operations]


@dataclass(frozen=True)
class Fault:
    """An answer that is not as described, and how to ask for it again."""

    operation: str
    check: str
    what: str
    request: str
    answer: str

    def __str__(self) -> str:
        return f"{self.operation}: {self.check}: {self.what}\n  {self.request}\n  {self.answer}"


@dataclass
class Outcome:
    """What came of a run: `answers` are the statuses that each operation gave, `checks` how often each was made."""

    faults: dict[tuple[str, str, str], Fault] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    answers: dict[str, dict[int, int]] = field(default_factory=dict)
    checks: dict[str, int] = field(default_factory=dict)

    def succeeded(self, operation: str) -> bool:
        """Whether it was ever answered by what was asked for."""
        return any(200 <= status < 400 for status in self.answers.get(operation, ()))

    def note(self, operation: str, recorder: ScenarioRecorder) -> None:
        labels = {case_id: case.value.operation.label for case_id, case in recorder.cases.items()}
        for case_id, one in recorder.interactions.items():
            if one.response is not None:
                statuses = self.answers.setdefault(labels.get(case_id, operation), {})
                statuses[one.response.status_code] = statuses.get(one.response.status_code, 0) + 1
        for case_id, checks in recorder.checks.items():
            for check in checks:
                self.checks[check.name] = self.checks.get(check.name, 0) + 1
                if check.failure_info is not None:
                    failure, sample = check.failure_info.failure, check.failure_info.code_sample
                    said = recorder.interactions[case_id].response if case_id in recorder.interactions else None
                    answer = "" if said is None else f"{said.status_code} {(said.content or b'')[:400]!r}"
                    where = labels.get(case_id, operation)
                    fault = Fault(where, check.name, f"{failure.title}: {failure.message}"[:600], sample[:800], answer)
                    self.faults.setdefault((where, check.name, failure.title), fault)


def asked_by_description(
    document: Json,
    *,
    gateway_url: str,
    token: str,
    examples: int,
    kept: Ids,
    spare: Ids,
    is_asked: Callable[[str], bool],
    checks: Mapping[str, Json],
    phases: tuple[str, ...] = PHASES,
) -> Outcome:
    """Asks each operation whose `METHOD /path` is to be asked, some hundred times. What deletes or ends something gets the ids
    of `spare`, all else those of `kept`. The same document is asked the same way each time."""
    config = {
        "seed": 1,
        "base-url": gateway_url,
        "headers": {"Authorization": token},
        # Python 3.11 miscounts how deep it is when two threads build syntax trees, as Hypothesis does.
        "workers": 1,
        "continue-on-failure": True,
        "request-timeout": 30,
        "checks": dict(checks),
        "generation": {"max-examples": examples, "deterministic": True, "no-shrink": True, "database": "none"},
        "phases": {phase: {"enabled": phase in phases} for phase in PHASES},
        "operations": [{"include-name": name, "enabled": False} for name in names_of(document) if not is_asked(name)],
    }
    known = with_ids(document, kept=kept, spare=spare)
    schema = schemathesis.openapi.from_dict(known, config=SchemathesisConfig.from_dict(config))
    outcome = Outcome()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            outcome.note(event.label or "", event.recorder)
        elif isinstance(event, events.NonFatalError):
            outcome.errors.append(f"{event.label}: {event.value}")
        elif isinstance(event, events.FatalError):
            outcome.errors.append(repr(event.exception))
    return outcome


@schemathesis.hook("filter_failure")  # pyright: ignore[reportUntypedFunctionDecorator] - its own types are partial
def is_refused_by_its_form(context: object, failure: Failure, case: Case[Any], response: Response) -> bool:
    """Whether a failure counts.

    What fits its schema may still be refused for what it means: by a code of its own, or in words
    of our own, which begin small (no such pack; a range that nobody is in). Not by pydantic's words: those are the schema's.

    Two of pydantic's say what no schema does: `2.0`, an integer for JSON Schema, is none for us, as a number written with a
    fraction is a mistake of the client's; and blanks at the ends of a name do not count, so that it may come to nothing."""
    if response.status_code in NO_REQUEST and NO_REQUEST[response.status_code] in response.content:
        return False
    if isinstance(failure, AcceptedNegativeData):
        return is_broken(failure.message, sends_text=(case.media_type or "").startswith("text/"))
    if not isinstance(failure, RejectedPositiveData):
        return True
    refusal = response.json() if response.headers.get("content-type") == [PROBLEM] and response.content else {}
    words = [str(one["what"]) for one in refusal.get("errors", ())]
    of_the_schema = [one for one in words if one[:1].isupper() and not one.endswith(BEYOND_SCHEMAS)]
    return refusal.get("code") == "invalid_request" and bool(of_the_schema)


def is_broken(message: str, *, sends_text: bool) -> bool:
    """Whether a request that was taken breaks the description, of all that is said to be invalid in it. Whatever is sent as text
    is a text; nothing forbids parameters that nobody asks for; and only we say that there is one id (`with_ids`)."""
    parts = [part.strip(" -") for part in message.partition("Invalid component:")[2].splitlines() if part.strip(" -")]
    harmless = ("query: violates `additionalProperties`", "in path - violates `enum`")
    broken = [part for part in parts if not any(one in part for one in harmless)]
    return not parts or any(not (sends_text and (part.startswith("body:") or "in body" in part)) for part in broken)


@schemathesis.serializer("application/offset+octet-stream")
def piece_of_a_file(context: object, value: Any) -> bytes:
    """The body of a piece of a resumable upload: bytes as they are."""
    return value if isinstance(value, bytes) else str(value).encode()
