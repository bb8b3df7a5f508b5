"""The API's description: one committed document per service, and how several are merged into one.

`python -m libs.common.http.openapi` writes `services/<name>/openapi.json`, and has the gateway write what it makes of them
(`services.gateway.public_api`); `--check` fails when a byte would differ.
"""

import argparse
import contextlib
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from fastapi import FastAPI

from libs.common.db import SERVICES
from libs.common.errors import Conflict
from libs.common.http.problems import MEDIA_TYPE

Document = dict[str, Any]
_ROOT = Path(__file__).resolve().parents[3]
_SECRET = "0123456789abcdef" * 4
_ENVIRONMENT = {
    "ENV": "test",
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
    "RABBITMQ_URL": "amqp://nobody@127.0.0.1:1/",
    "INTERNAL_SECRET": _SECRET,
    "AUTH_SECRET": _SECRET,
    "STORAGE_URL": "file:///nowhere",
    "MAIL_FROM": "nobody@example.com",
}
"""Enough for every service to be built. Nothing of it is ever opened."""


def path_of(service: str) -> Path:
    """Where a service's document is committed."""
    return _ROOT / "services" / service / "openapi.json"


def load_committed() -> dict[str, Document]:
    """The committed documents, by service: those that exist."""
    found = {name: path_of(name) for name in SERVICES}
    return {name: json.loads(path.read_text("utf-8")) for name, path in found.items() if path.exists()}


def document_of(service: str) -> Document:
    """A service's present document, from its routes. Nothing is opened, and the environment does not show in it."""
    with _only(_ENVIRONMENT):
        module = importlib.import_module(f"services.{service}.main")
        app = cast("FastAPI", module.build_app())
        return _with_our_errors(app.openapi())


def _with_our_errors(document: Document) -> Document:
    """Every error is problem+json, also those of validation, for which FastAPI would describe a body of its own."""
    for operations in document.get("paths", {}).values():
        for operation in operations.values():
            responses = operation.get("responses", {})
            if "HTTPValidationError" in json.dumps(responses.get("422", "")):
                del responses["422"]
            for response in responses.values():
                content = response.get("content", {})
                if MEDIA_TYPE in content and "application/json" in content:
                    content[MEDIA_TYPE] = content.pop("application/json")
    for name in ("HTTPValidationError", "ValidationError"):
        document.get("components", {}).get("schemas", {}).pop(name, None)
    return document


def merge_openapi(
    documents: Mapping[str, Document], *, title: str = "Corofy", version: str = "1", description: str = ""
) -> Document:
    """One document of several: each operation tagged with its service, schemas renamed only where two differ.

    An operation that needs no token says so by an empty `security` of its own. Raises Conflict when two services claim
    the same operation.
    """
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for service, document in documents.items():
        own = _with_own_names(service, document, taken=schemas)
        schemas |= own.get("components", {}).get("schemas", {})
        for path, operations in own.get("paths", {}).items():
            _add(paths.setdefault(path, {}), operations, path=path, service=service)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "description": description},
        "security": [{"bearer": []}],
        "tags": [{"name": name, "description": doc["info"].get("description", "")} for name, doc in documents.items()],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _add(known: dict[str, Any], operations: Mapping[str, Any], *, path: str, service: str) -> None:
    for method, operation in operations.items():
        if method in known:
            msg = f"{method.upper()} {path} is described twice, the second time by {service}"
            raise Conflict(msg, code="operation_described_twice")
        known[method] = {**operation, "tags": [service]}


def _with_own_names(service: str, document: Document, *, taken: Mapping[str, Any]) -> Document:
    schemas = document.get("components", {}).get("schemas", {})
    clashes = {name for name, schema in schemas.items() if name in taken and taken[name] != schema}
    if not clashes:
        return document
    text = json.dumps(document)
    for name in clashes:
        text = text.replace(f'"#/components/schemas/{name}"', f'"#/components/schemas/{service.title()}{name}"')
    renamed: Document = json.loads(text)
    own = renamed["components"]["schemas"]
    renamed["components"]["schemas"] = {
        f"{service.title()}{name}" if name in clashes else name: schema for name, schema in own.items()
    }
    return renamed


@contextlib.contextmanager
def _only(environment: Mapping[str, str]) -> Generator[None]:
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def text_of(document: Document) -> str:
    """The bytes that are committed."""
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=False) + "\n"


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when a committed document is out of date")
    parser.add_argument("services", nargs="*", choices=[*SERVICES, []])
    args = parser.parse_args()
    stale: list[str] = []
    for service in args.services or [name for name in SERVICES if (path_of(name).parent / "main.py").exists()]:
        path, text = path_of(service), text_of(document_of(service))
        if args.check and (not path.exists() or path.read_text("utf-8") != text):
            stale.append(str(path.relative_to(_ROOT)))
        elif not args.check:
            path.write_text(text, "utf-8")
    if stale:
        sys.exit(stale_words(stale))
    # A process of its own: what services stand on imports none of them, and it is made of all that was written above.
    public = [sys.executable, "-m", "services.gateway.public_api", *(["--check"] if args.check else [])]
    sys.exit(subprocess.run(public, cwd=_ROOT, check=False).returncode)  # noqa: S603 - a command of ours


def stale_words(files: Sequence[str]) -> str:
    """What is said of committed files that are not as they would be made."""
    return f"Out of date: {', '.join(files)}. Run python -m libs.common.http.openapi and commit what it writes."


if __name__ == "__main__":
    _main()
