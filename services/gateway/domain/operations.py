"""Which operation of the public API a request is, by the templates of its document."""

from collections.abc import Iterable, Mapping, Sequence
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


@dataclass(frozen=True)
class _Route:
    """A template, and what may be asked of it: by method, the operation's id and whether it takes files."""

    parts: tuple[str, ...]
    taken: Mapping[str, tuple[str, bool]]

    @property
    def openness(self) -> int:
        return sum(_is_open(part) for part in self.parts)

    def fits(self, asked: Sequence[str]) -> bool:
        return all(part == said or _is_open(part) for part, said in zip(self.parts, asked, strict=True))


class Operations:
    """The operations of an OpenAPI document, to find a request's among them."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        taken = dict[tuple[str, ...], dict[str, tuple[str, bool]]]()
        for path, method, operation in all_operations(document):
            kinds = set(operation.get("requestBody", {}).get("content", {}))
            known = (operation["operationId"], bool(kinds - {"application/json"}))
            taken.setdefault(tuple(path.strip("/").split("/")), {})[method.upper()] = known
        # Where `/jobs/latest` and `/jobs/{job_id}` both fit, the one that says more is meant.
        routes = sorted((_Route(*one) for one in taken.items()), key=lambda route: route.openness)
        self._known = {
            key: [route for route in routes if len(route.parts) == key[0] and _key_of(route.parts) in {key, _open(key)}]
            for key in {one for route in routes for one in (_key_of(route.parts), _open(_key_of(route.parts)))}
        }

    def find(self, method: str, path: str) -> Operation | None:
        """The operation that a request is; None for one that no document tells of."""
        asked = path.strip("/").split("/")
        for route in self._near(asked):
            known = route.taken.get(method.upper())
            if known is not None and route.fits(asked):
                id_, takes_files = known
                subjects = {part[1:-1]: said for part, said in zip(route.parts, asked, strict=True) if _is_open(part)}
                return Operation(id_, "/" + "/".join(route.parts), subjects, takes_files)
        return None

    def methods_of(self, path: str) -> list[str]:
        """What may be asked of a path, in capitals; nothing for a path that no document tells of. `/jobs/latest` is another
        thing than `/jobs/{job_id}`, and does not take what that takes."""
        asked = path.strip("/").split("/")
        return next((sorted(route.taken) for route in self._near(asked) if route.fits(asked)), [])

    def _near(self, asked: Sequence[str]) -> Sequence[_Route]:
        """The few that may fit, as they are looked for at every request."""
        key = _key_of(asked)
        return self._known.get(key) or self._known.get(_open(key), ())


_Key = tuple[int, str]


def _key_of(parts: Sequence[str]) -> _Key:
    """How long a path is, and what it is about: the segment below `/v1`."""
    about = parts[1] if len(parts) > 1 else ""
    return len(parts), "" if _is_open(about) else about


def _open(key: _Key) -> _Key:
    return key[0], ""


def all_operations(document: Mapping[str, Any]) -> Iterable[tuple[str, str, dict[str, Any]]]:
    """Path, method (small) and operation, of every one in the document."""
    for path, operations in document.get("paths", {}).items():
        for method, operation in operations.items():
            if method in _METHODS:
                yield path, method, operation


def _is_open(part: str) -> bool:
    return part.startswith("{") and part.endswith("}")
