"""Which operation of the public API a request is, by the templates of its document."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_METHODS = frozenset({"get", "head", "post", "put", "patch", "delete"})


@dataclass(frozen=True)
class Operation:
    """`route` is the path's template; `subjects` are what the request's path says for it."""

    id: str
    route: str
    subjects: Mapping[str, str]


class Operations:
    """The operations of an OpenAPI document, to find a request's among them."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._known: dict[tuple[str, int], list[tuple[tuple[str, ...], str]]] = {}
        for path, method, operation in all_operations(document):
            parts = tuple(path.strip("/").split("/"))
            self._known.setdefault((method, len(parts)), []).append((parts, operation["operationId"]))
        for candidates in self._known.values():
            # Where `/jobs/latest` and `/jobs/{job_id}` both fit, the one that says more is meant.
            candidates.sort(key=lambda one: sum(_is_open(part) for part in one[0]))

    def find(self, method: str, path: str) -> Operation | None:
        """The operation that a request is; None for one that no document tells of."""
        asked = path.strip("/").split("/")
        for parts, id_ in self._known.get((method.lower(), len(asked)), ()):
            if all(_is_open(part) or part == said for part, said in zip(parts, asked, strict=True)):
                subjects = {part[1:-1]: said for part, said in zip(parts, asked, strict=True) if _is_open(part)}
                return Operation(id_, "/" + "/".join(parts), subjects)
        return None


def all_operations(document: Mapping[str, Any]) -> Iterable[tuple[str, str, dict[str, Any]]]:
    """Path, method (small) and operation, of every one in the document."""
    for path, operations in document.get("paths", {}).items():
        for method, operation in operations.items():
            if method in _METHODS:
                yield path, method, operation


def _is_open(part: str) -> bool:
    return part.startswith("{") and part.endswith("}")
