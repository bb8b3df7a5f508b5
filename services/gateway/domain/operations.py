"""Which operation of the public API a request is, by the templates of its document."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_METHODS = frozenset({"get", "head", "post", "put", "patch", "delete"})


@dataclass(frozen=True)
class Operation:
    """`route` is the path's template; `subjects` are what the request's path says for it. `takes_files`: its body may be
    something else than JSON."""

    id: str
    route: str
    subjects: Mapping[str, str]
    takes_files: bool = False


class Operations:
    """The operations of an OpenAPI document, to find a request's among them."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._known: dict[tuple[str, int], list[tuple[tuple[str, ...], str, bool]]] = {}
        self._methods: set[str] = set()
        for path, method, operation in all_operations(document):
            parts = tuple(path.strip("/").split("/"))
            taken = set(operation.get("requestBody", {}).get("content", {}))
            known = (parts, operation["operationId"], bool(taken - {"application/json"}))
            self._known.setdefault((method, len(parts)), []).append(known)
            self._methods.add(method)
        for candidates in self._known.values():
            # Where `/jobs/latest` and `/jobs/{job_id}` both fit, the one that says more is meant.
            candidates.sort(key=lambda one: sum(_is_open(part) for part in one[0]))

    def find(self, method: str, path: str) -> Operation | None:
        """The operation that a request is; None for one that no document tells of."""
        asked = path.strip("/").split("/")
        for parts, id_, takes_files in self._known.get((method.lower(), len(asked)), ()):
            if all(_is_open(part) or part == said for part, said in zip(parts, asked, strict=True)):
                subjects = {part[1:-1]: said for part, said in zip(parts, asked, strict=True) if _is_open(part)}
                return Operation(id_, "/" + "/".join(parts), subjects, takes_files)
        return None

    def methods_of(self, path: str) -> list[str]:
        """What may be asked of a path, in capitals; nothing for a path that no document tells of."""
        found = {method.upper(): one for method in self._methods if (one := self.find(method, path))}
        # `/jobs/latest` is another thing than `/jobs/{job_id}`, and does not take what that takes.
        meant = min((one.route for one in found.values()), key=lambda route: route.count("{"), default="")
        return sorted(method for method, one in found.items() if one.route == meant)


def all_operations(document: Mapping[str, Any]) -> Iterable[tuple[str, str, dict[str, Any]]]:
    """Path, method (small) and operation, of every one in the document."""
    for path, operations in document.get("paths", {}).items():
        for method, operation in operations.items():
            if method in _METHODS:
                yield path, method, operation


def _is_open(part: str) -> bool:
    return part.startswith("{") and part.endswith("}")
