"""A row as the rules of a catalogue see it: fields, columns by name, and every word that is known of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from services.enrich.domain.folding import folded, folded_together
from services.enrich.domain.lead import Lead
from services.enrich.domain.products.catalogue import Condition
from services.enrich.domain.products.company_size import number_in, size_in_cells, size_in_texts


@dataclass(frozen=True)
class RowFacts:
    """`columns` are cells by their header, `found` what is told of the company and the person. Worked out when asked for."""

    roles: Mapping[str, str]
    columns: Mapping[str, str]
    found: Sequence[str] = ()
    _folded: dict[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def of(cls, lead: Lead, mapping: Mapping[str, str], found: Sequence[str] = ()) -> "RowFacts":
        """`mapping` is role → column: a column that plays a role can be named, too."""
        mapped = {column: lead.roles[role] for role, column in mapping.items() if role in lead.roles}
        return cls(lead.roles, {**lead.cells, **mapped}, found)

    def words(self, condition: Condition) -> str:
        """What the condition's field says, folded; a lone blank when it says nothing."""
        if condition.field == "keywords":
            return self._everything
        text = self.text(condition)
        known = self._folded.get(text)
        if known is None:
            known = self._folded[text] = folded(text)
        return known

    def text(self, condition: Condition) -> str:
        """What the condition's field says, as it is written."""
        match condition.field:
            case "column":
                return self._by_header.get(folded(condition.column), "")
            case "company_size":
                return "" if self._size is None else self._size[1]
            case "keywords":
                return ""
            case role:
                return self.roles.get(role, "")

    def number(self, condition: Condition) -> float | None:
        """The number that the condition's field states."""
        if condition.field == "company_size":
            return None if self._size is None else self._size[0]
        return number_in(self.text(condition))

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Every word there is, for a quick look whether a phrase can stand anywhere."""
        return frozenset(self._everything.split())

    @cached_property
    def _everything(self) -> str:
        return folded_together(dict.fromkeys((*self.roles.values(), *self.columns.values(), *self.found)))

    @cached_property
    def _by_header(self) -> dict[str, str]:
        return {folded(header): cell for header, cell in self.columns.items()}

    @cached_property
    def _size(self) -> tuple[float, str] | None:
        return size_in_cells(self._by_header) or size_in_texts(self.found)
