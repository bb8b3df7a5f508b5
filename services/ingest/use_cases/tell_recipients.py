"""Put rows of a sheet as recipients, with what came of them and with their other columns."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

from libs.common.contracts.ingest import Recipient
from services.ingest.domain import recipients
from services.ingest.domain.extra_cells import extra_cell
from services.ingest.domain.recipient_fields import columns_beside, fields_of, fitted
from services.ingest.domain.recipients import carried, recipient_of
from services.ingest.segments import StoredRow, text_of


class Outcome(Protocol):
    """What came of a row."""

    @property
    def status(self) -> str: ...
    @property
    def line(self) -> str | None: ...
    @property
    def product(self) -> Mapping[str, Any] | None: ...
    @property
    def extra(self) -> Mapping[str, Any] | None: ...
    @property
    def is_sandboxed(self) -> bool: ...


def recipients_of(
    rows: Sequence[StoredRow],
    outcomes: Mapping[int, Outcome],
    *,
    mapping: Mapping[str, int],
    columns: Sequence[str],
    sandboxed: bool,
    extras: Mapping[str, str] = MappingProxyType({}),
) -> list[Recipient]:
    """Those of the rows that have an address and were delivered, in their order.

    `columns` are the names of the sheet's columns, `extras` those that were asked for, name → kind: both are fields.
    """
    beside = columns_beside(columns, carried(mapping))
    found: list[tuple[recipients.Recipient, dict[str, str]]] = []
    for row in rows:
        outcome, cells = outcomes[row.row_no], [text_of(cell) for cell in row.cells]
        person = recipient_of(
            row_no=row.row_no,
            cells=cells,
            mapping=mapping,
            status=outcome.status,
            line=outcome.line,
            sandboxed=sandboxed or outcome.is_sandboxed,
            product=outcome.product,
        )
        if person is not None:
            found.append((person, _answers(outcome, extras) | fields_of(cells, beside)))
    others = fitted([fields for _, fields in found])
    return [_told(person, fields) for (person, _), fields in zip(found, others, strict=True)]


def _answers(outcome: Outcome, extras: Mapping[str, str]) -> dict[str, str]:
    answers = outcome.extra or {}
    return {name: text_of(extra_cell(answers.get(name), kind=kind)) for name, kind in extras.items()}


def _told(person: recipients.Recipient, fields: Mapping[str, str]) -> Recipient:
    return Recipient.model_validate(
        {
            "row_no": person.row_no,
            "email": person.email,
            "line": person.line,
            "status": person.status,
            "sandboxed": person.sandboxed,
            "fields": fields,
            **person.fields,
        }
    )
