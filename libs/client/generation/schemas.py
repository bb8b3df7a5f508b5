"""Models from the description's schemas, by datamodel-code-generator."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

_JUDGED_BY_THE_API = frozenset(
    {
        "maxLength", "minLength", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
        "maxItems", "minItems", "uniqueItems", "maxProperties", "minProperties", "propertyNames", "title", "example",
        "examples", "writeOnly", "readOnly",
    }
)  # fmt: skip
_ARGUMENTS = (
    "--input-file-type=openapi",
    "--openapi-scopes=schemas",
    "--output-model-type=pydantic_v2.BaseModel",
    "--target-python-version=3.11",
    "--base-class=libs.client.model.Model",
    "--enum-field-as-literal=all",
    "--collapse-root-models",
    "--use-annotated",
    "--use-double-quotes",
    "--use-schema-description",
    "--strict-nullable",
    "--disable-timestamp",
    "--no-formatters",
    "--custom-file-header=",
)


def models_of(document: dict[str, Any]) -> str:
    """The source of a module with one class per schema, unformatted. Raises CalledProcessError with what the generator says."""
    plain = {**document, "paths": {}, "components": {"schemas": plain_schemas(document["components"]["schemas"])}}
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-W", "ignore", "-m", "datamodel_code_generator", *_ARGUMENTS],
        input=json.dumps(plain),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def plain_schemas(schemas: dict[str, Any]) -> dict[str, Any]:
    """The shapes alone: which values are allowed the API judges, in words of its own."""
    return {name: _plain(schema) for name, schema in schemas.items()}


def _plain(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {
        name: {field: _plain(one) for field, one in value.items()} if name == "properties" else _plain(value)
        for name, value in schema.items()
        if name not in _JUDGED_BY_THE_API
    }
    if isinstance(kept.get("default"), dict):
        del kept["default"]
    if kept.get("format") in {"password", "email", "uri", "binary"}:
        del kept["format"]
    return kept
