"""Merging the services' API descriptions into the one the gateway serves."""

from __future__ import annotations

from typing import Any

import pytest

from libs.common.errors import Conflict
from libs.common.http.openapi import Document, merge_openapi


def _document(path: str, *, schema: dict[str, Any]) -> Document:
    answer = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
    return {
        "info": {"title": "x", "description": "what it does"},
        "paths": {path: {"get": {"operationId": path, "responses": {"200": answer}}}},
        "components": {"schemas": {"Thing": schema}},
    }


def test_equal_schemas_are_shared_and_different_ones_of_one_name_are_kept_apart() -> None:
    """Red when the second service's schema overwrites the first's."""
    text, number = {"type": "string"}, {"type": "integer"}
    merged = merge_openapi(
        {
            "ingest": _document("/v1/jobs", schema=text),
            "billing": _document("/v1/credits", schema=text),
            "sender": _document("/v1/emails", schema=number),
        }
    )
    assert merged["components"]["schemas"] == {"SenderThing": number, "Thing": text}
    answer = merged["paths"]["/v1/emails"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/SenderThing"}
    assert merged["paths"]["/v1/jobs"]["get"]["tags"] == ["ingest"]


def test_one_operation_cannot_be_described_by_two_services() -> None:
    """Red when the later silently wins: the gateway forwards to one of them only."""
    with pytest.raises(Conflict, match="GET /v1/jobs is described twice"):
        merge_openapi({name: _document("/v1/jobs", schema={}) for name in ("ingest", "billing")})
