"""Which changes of an event its readers and its writers survive, and which need a new version.

A message may be read by a program older or newer than its writer: only adding an optional field is free.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]
_WORDS = ("title", "description", "default", "examples")
"""What a reader does not depend on."""


def breaking_changes(before: Schema, now: Schema) -> list[str]:
    """What in the new schema would break somebody, in words; nothing when the change is free."""
    return list(_object_changes(before, now, where="", roots=(before, now)))


def _object_changes(before: Schema, now: Schema, *, where: str, roots: tuple[Schema, Schema]) -> Iterator[str]:
    old, new = before.get("properties", {}), now.get("properties", {})
    required_before, required_now = set(before.get("required", ())), set(now.get("required", ()))
    for name, field in old.items():
        path = f"{where}{name}"
        if name not in new:
            yield f"{path} is gone"
            continue
        yield from _field_changes(field, new[name], where=path, roots=roots)
        if (name in required_before) != (name in required_now):
            yield f"{path} was {'required' if name in required_before else 'optional'} and is no longer"
    for name in new.keys() - old.keys():
        if name in required_now:
            yield f"{where}{name} is new and required"


def _field_changes(before: Schema, now: Schema, *, where: str, roots: tuple[Schema, Schema]) -> Iterator[str]:
    before, now = _resolved(before, roots[0]), _resolved(now, roots[1])
    if "properties" in before or "properties" in now:
        yield from _object_changes(before, now, where=f"{where}.", roots=roots)
        return
    for word in sorted((before.keys() | now.keys()) - set(_WORDS)):
        old, new = before.get(word), now.get(word)
        if word in {"items", "additionalProperties"} and isinstance(old, dict) and isinstance(new, dict):
            yield from _field_changes(old, new, where=f"{where}[]", roots=roots)
        elif word == "anyOf" and isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
            for one, other in zip(old, new, strict=True):
                yield from _field_changes(one, other, where=where, roots=roots)
        elif old != new:
            yield f"{where}: {word} was {old!r} and is {new!r}"


def _resolved(schema: Schema, root: Schema) -> Schema:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    found: Schema = root["$defs"][reference.rpartition("/")[2]]
    return found
