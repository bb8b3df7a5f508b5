"""The description of the whole public API, as it is committed and served."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from libs.common.http import openapi
from services.gateway import public_api
from services.gateway.domain.door_errors import PROBLEM_TYPE
from services.gateway.domain.operations import all_operations
from services.gateway.domain.permissions import ROLES
from services.gateway.domain.public_api import is_public, permission_of
from services.gateway.domain.routing import PUBLIC

DOCUMENT = public_api.public_document()
OPERATIONS = list(all_operations(DOCUMENT))
SIGNING_IN = "/auth/v1/"


def test_the_committed_description_is_that_of_the_services() -> None:
    """Red when a route, a role or an error has changed without `python -m libs.common.http.openapi`."""
    assert public_api.PATH.read_text("utf-8") == openapi.text_of(public_api.made())


def test_it_is_openapi_3_1() -> None:
    """Red when a reference leads nowhere, an operationId is there twice, or a keyword is none."""
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert [
        f"{list(error.absolute_path)}: {error.message}" for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()
    ] == []


def test_every_operation_has_a_name_of_its_own_that_a_client_can_use() -> None:
    """Red when two services call an operation the same."""
    names = Counter(operation["operationId"] for _, _, operation in OPERATIONS)
    assert [name for name, count in names.items() if count > 1 or not re.fullmatch(r"[a-z]+(_[a-z]+)*", name)] == []


def test_every_operation_says_who_may_ask() -> None:
    """Red when an operation that needs a token does not say so, or names no role. Only what is in PUBLIC, and ways of signing
    in, need none."""
    for path, method, operation in OPERATIONS:
        if is_public(operation):
            segment = path.split("/")[2]
            assert path.startswith(SIGNING_IN) or (segment in PUBLIC and PUBLIC[segment].below == "/v1"), path
            continue
        schemes = {name: scopes for one in operation["security"] for name, scopes in one.items()}
        assert schemes["session"] == []
        if not path.startswith(SIGNING_IN):
            permission = permission_of(method, path)
            assert operation["x-permission"] == permission
            assert set(operation["x-roles"]) <= {*ROLES, "operator"}
            assert operation["x-roles"]
            assert schemes.get("key") in (None, [], [permission])


def test_every_operation_names_the_codes_it_refuses_by() -> None:
    """Red when an error below /v1 is anything but problem+json, or a status comes without a code."""
    shared = DOCUMENT["components"]["responses"]
    for path, method, operation in OPERATIONS:
        if path.startswith(SIGNING_IN):
            continue
        statuses = set(operation["responses"])
        assert "503" in statuses, (method, path)
        assert is_public(operation) or {"401", "403", "404", "429"} <= statuses, (method, path)
        for status, response in operation["responses"].items():
            if status[0] not in "45" or status in {"4XX", "416"}:
                continue
            told = shared[response["$ref"].rpartition("/")[2]] if "$ref" in response else response
            examples = told["content"][PROBLEM_TYPE]["examples"]
            assert all(one["value"]["code"] == code for code, one in examples.items())
            assert examples, (method, path, status)


BOUNDED = {
    "/v1/billing/notices": "one of each kind",
    "/v1/dead-letters/causes": "one of each cause",
    "/v1/jobs/{job_id}/exports": "one of each format and form",
    "/v1/jobs/{job_id}/rows/{row_no}/line-log": "the edits of one line",
    "/v1/providers": "those that there are",
    "/v1/webhook-events": "those that there are",
}
"""Lists that are short by what they are of."""


def test_every_list_is_paged_by_a_cursor() -> None:
    """Red when a new list answers with everything there is."""
    whole: set[str] = set()
    for path, method, operation in OPERATIONS:
        answer = operation["responses"].get("200", {}).get("content", {}).get("application/json")
        if method != "get" or not answer:
            continue
        schema = answer["schema"]
        schema = DOCUMENT["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], schema)
        fields = schema.get("properties", {})
        if "items" in fields or schema.get("type") == "array":
            asked = {one.get("name") for one in operation.get("parameters", ())}
            if "cursor" not in asked or "next_cursor" not in fields:
                whole.add(path)
    assert whole == set(BOUNDED)


def test_every_number_in_a_path_or_query_has_bounds() -> None:
    """Red when a number that no column holds gets as far as the database, which answers 500."""
    boundless: list[str] = []
    for path, method, operation in OPERATIONS:
        for asked in operation.get("parameters", ()):
            schema = asked.get("schema", {})
            kinds = [one for one in (schema, *schema.get("anyOf", ())) if one.get("type") == "integer"]
            if any(not {"maximum", "exclusiveMaximum"} & set(one) for one in kinds):
                boundless.append(f"{method} {path} {asked['name']}")
    assert boundless == []


def test_what_makes_something_takes_an_idempotency_key() -> None:
    """Red when a new route makes a second one for a repeated request, and nobody can tell it that it is one."""
    without: set[str] = set()
    for path, method, operation in OPERATIONS:
        if method == "post" and {"201", "202"} & set(operation["responses"]):
            asked = {one.get("name") for one in operation.get("parameters", ())}
            if "Idempotency-Key" not in asked:
                without.add(path)
    assert without == set()


def test_no_body_below_v1_takes_what_it_does_not_name() -> None:
    """Mass assignment: red when `owner`, `credits`, `price` or `status` could be sent along with what may be sent. Signing in
    ignores what Supabase's clients send besides."""
    open_ones: list[str] = []
    for path, _, operation in OPERATIONS:
        if path.startswith("/v1/") and not is_public(operation):
            for kind, body in operation.get("requestBody", {}).get("content", {}).items():
                if kind == "application/json":
                    open_ones += [f"{operation['operationId']}{one}" for one in _open_parts(body["schema"])]
    assert open_ones == []


def _open_parts(schema: dict[str, Any], seen: frozenset[str] = frozenset(), where: str = "") -> Iterator[str]:
    name = schema.get("$ref", "").rpartition("/")[2]
    if name:
        if name not in seen:
            yield from _open_parts(DOCUMENT["components"]["schemas"][name], seen | {name}, where)
        return
    named, others = schema.get("properties", {}), schema.get("additionalProperties")
    if (named and others is not False) or (schema.get("type") == "object" and not named and others in (None, True)):
        yield where or "/"
    for choice in ("anyOf", "oneOf", "allOf"):
        for one in schema.get(choice, ()):
            yield from _open_parts(one, seen, where)
    for field, one in named.items():
        yield from _open_parts(one, seen, f"{where}/{field}")
    for one in (schema.get("items"), others):
        if isinstance(one, dict):
            yield from _open_parts(one, seen, f"{where}/*")


def _bodies() -> Iterator[tuple[str, dict[str, Any]]]:
    for _, _, operation in OPERATIONS:
        parts = {"asked": operation.get("requestBody", {}), **operation["responses"]}
        for name, part in parts.items():
            body = part.get("content", {}).get("application/json")
            if body and body.get("schema") and (name == "asked" or name.startswith("2")):
                yield f"{operation['operationId']} {name}", body


def test_every_json_body_has_an_example_that_fits_it() -> None:
    """Red when an example says what would be refused, or what never comes."""
    registry = Registry().with_resource("api", DRAFT202012.create_resource(DOCUMENT))
    checked: set[str] = set()
    for name, body in _bodies():
        shown = [body["example"]] if "example" in body else [_value(one) for one in body["examples"].values()]
        text = json.dumps([body["schema"], shown]).replace('"#/components/', '"api#/components/')
        if text not in checked:
            checked.add(text)
            schema, values = json.loads(text)
            validator = OAS31Validator(schema, registry=registry, format_checker=OAS31Validator.FORMAT_CHECKER)
            faults = [f"{list(one.absolute_path)}: {one.message}" for v in values for one in validator.iter_errors(v)]
            assert faults == [], name
    assert len(checked) > 100


def _value(one: dict[str, Any]) -> object:
    return (DOCUMENT["components"]["examples"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one)["value"]


def test_whatever_is_shown_with_an_etag_is_changed_by_it() -> None:
    """Red when a resource has an ETag, and its change takes no `If-Match` or does not say 412."""
    lacking: list[str] = []
    for path, operations in DOCUMENT["paths"].items():
        if "304" not in operations.get("get", {}).get("responses", {}):
            continue
        for method in {"put", "patch"} & set(operations):
            named = {one.get("name", "").lower() for one in operations[method].get("parameters", [])}
            if "if-match" not in named or "412" not in operations[method]["responses"]:
                lacking.append(f"{method} {path}")
    assert lacking == []
