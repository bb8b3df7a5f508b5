"""One row: its company and its person, researched at the same time and checked → product → line → checked.

Every stage is kept the moment it is there.
"""

import functools
import time
from typing import Any

import orjson

from libs.common.clock import utc_now
from libs.common.contracts.research import RowStatus
from libs.common.logs import get_logger
from services.enrich.clients.errors import BadAnswer, OutOfTime, ProviderDown, ProviderOut
from services.enrich.clients.tools import Tools
from services.enrich.domain.account_names import provider_of
from services.enrich.domain.degraded import Degraded
from services.enrich.domain.found import Found, confidence
from services.enrich.domain.lead import reason_to_skip
from services.enrich.domain.lines.line import plain_line
from services.enrich.domain.products.product_rules import Choice
from services.enrich.domain.research import CATEGORIES
from services.enrich.in_flight.tally import Tally
from services.enrich.use_cases.choose_product import choose
from services.enrich.use_cases.research_row import research
from services.enrich.use_cases.row_work import Part, Providers, RowWork
from services.enrich.use_cases.write_line import LineRequest, write_line

log = get_logger()

_CHOSEN_FOR = frozenset({"enriched", "degraded"})
"""Who can be written to is offered something."""


async def enrich_row(work: RowWork, tools: Tools) -> bytes:
    """The result of a row as JSON (`RowResult`).

    Raises ProviderOut and OutOfTime: then the row is not done, and what was found out is kept. A fault of our own makes
    the row `failed` and hurts no other.
    """
    began = time.monotonic()
    row = _Row(work, tools)
    line: str | None = None
    status: RowStatus = "enriched"
    reason = reason_to_skip(work.lead)
    if reason:
        status = "skipped"
    else:
        try:
            line = await row.write()
        except Degraded as degraded:
            status, reason = "degraded", str(degraded)
        except (ProviderDown, BadAnswer) as failure:
            status, reason = (
                "degraded",
                f"{provider_of(failure.provider).capitalize()} gave no usable answer: {failure.said}",
            )
        except (ProviderOut, OutOfTime):
            raise
        except Exception as fault:
            log.exception("row.failed", row_no=work.lead.row_no, error=str(fault))
            status, reason = "failed", f"The row could not be worked on: {type(fault).__name__}."
    if status == "degraded":
        spec = work.spec
        line = plain_line(work.lead, spec.language, max_words=spec.max_words, forbidden=spec.forbidden_words)
    row.tally.duration_ms += round((time.monotonic() - began) * 1000)
    return row.result(status, line=line, reason=reason)


class _Row:
    def __init__(self, work: RowWork, tools: Tools) -> None:
        self._work = work
        self._lead = work.lead
        self._tools = tools
        self._found = Found()
        self.tally = Tally()

    async def write(self) -> str:
        """The checked line. Raises Degraded, and whatever a provider's failure is called."""
        providers, lead = Providers.of(self._tools), self._lead
        company, person = Part(self._work, providers), Part(self._work, providers)
        try:
            found = await research(company, person)
        finally:
            self.tally.add(company.tally)
            self.tally.add(person.tally)
        if not found.statements:
            nothing = f"Nothing was found that speaks of {lead.company or lead.domain}."
            raise Degraded("Nothing that was found could be backed by its source." if found.read else nothing)
        self._found = found
        asked = LineRequest(
            lead,
            self._work.spec,
            found.statements,
            found.sources,
            product=self._product,
            answers={name: str(one.value) for name, one in found.answers.items()},
        )
        return await write_line(asked, providers.groq, patience=self._work.patience, tally=self.tally)

    def result(self, status: RowStatus, *, line: str | None, reason: str | None) -> bytes:
        """The row's answer."""
        self.tally.attempts = 1 + self._work.patience.retries
        return orjson.dumps(
            {
                "row_no": self._lead.row_no,
                "status": status,
                "research": self._research_column() if self._found.statements else None,
                "line": line,
                "reason": reason,
                "receipt": self.tally,
                "extra": {name: one.as_json() for name, one in self._found.answers.items()},
                "product": self._product if status in _CHOSEN_FOR else None,
            }
        )

    @functools.cached_property
    def _product(self) -> Choice | None:
        """The product to offer. Looked for once: by then all that will be found has been found."""
        found, work = self._found, self._work
        return choose(
            work.lead,
            mapping=work.spec.mapping,
            statements=found.statements,
            sources=found.sources,
            products=work.products,
            inferred=found.inferred,
        )

    def _research_column(self) -> dict[str, Any]:
        found = self._found
        by_category = {
            category: [one.as_json() for one in found.statements if one.category == category] for category in CATEGORIES
        }
        return {
            **by_category,
            "sources": [{"id": one.id, "url": one.url, "title": one.title, "kind": one.kind} for one in found.sources],
            "rejected": [{"url": url, "reason": reason} for url, reason in found.rejected],
            "confidence": confidence(found),
            "as_of": utc_now().isoformat(),
            "sandboxed": self.tally.sandboxed,
        }
