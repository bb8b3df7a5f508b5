"""The table of permissions against the documents of all services: nothing is left out, and it agrees with what they say."""

from __future__ import annotations

import re
from uuid import UUID

import pytest

from libs.common.errors import Forbidden
from libs.common.http.openapi import load_committed
from services.gateway.domain.callers import Caller, Role
from services.gateway.domain.operations import Operations, all_operations
from services.gateway.domain.permissions import (
    READING,
    ROLES,
    ROUTES,
    SCOPES,
    Permission,
    check_permitted,
    may,
    permission_for,
)

NOBODY = UUID(int=0)
OPERATIONS = [
    (method.upper(), path.removeprefix("/v1/"), operation.get("description", ""))
    for document in load_committed().values()
    for path, method, operation in all_operations(document)
    if path.startswith("/v1/") and operation.get("security") != []
]
READ_BY_POST = {
    "quotes", "catalogue/test", "templates/preview", "jobs/{job_id}/download-url",
    "campaigns/{campaign_id}/check", "campaigns/{campaign_id}/dry-run",
}  # fmt: skip
"""What a viewer may POST: nothing is kept of it, nothing is charged."""
OF_PEOPLE = {
    ("POST", "workspaces"), ("DELETE", "workspace/membership"), ("POST", "invitations/accept"),
    ("POST", "api-keys"), ("DELETE", "api-keys/{key_id}"),
}  # fmt: skip
"""What everybody changes for themselves."""


def needed(method: str, path: str) -> Permission:
    found = permission_for(method, re.sub(r"\{\w+\}", "an-id", path))
    assert found is not None, f"{method} /v1/{path} has no permission: add it to ROUTES in domain/permissions.py"
    return found


def permits(caller: Caller, permission: Permission, *, operator: bool = False) -> str | None:
    """None, or why not."""
    try:
        check_permitted(caller, permission, operator=operator)
    except Forbidden as refusal:
        return refusal.code
    return None


def of(role: Role, scopes: frozenset[str] | None = None) -> Caller:
    return Caller(NOBODY, NOBODY, "a@b.example", role, scopes=scopes, key_id=None if scopes is None else NOBODY)


@pytest.mark.parametrize(("method", "path", "_description"), OPERATIONS)
def test_every_operation_has_a_permission(method: str, path: str, _description: str) -> None:
    """Red on a new route that nobody has thought about."""
    needed(method, path)


def test_every_line_of_the_table_is_about_an_operation() -> None:
    """Red when a route goes and its line stays, or a line is misspelt."""
    asked = ["/".join("*" if part.startswith("{") else part for part in path.split("/")) for _, path, _ in OPERATIONS]
    assert [prefix for prefix in ROUTES if not any(f"{path}/".startswith(f"{prefix}/") for path in asked)] == []


@pytest.mark.parametrize(("method", "path", "description"), OPERATIONS)
def test_roles_may_what_the_documents_say(method: str, path: str, description: str) -> None:
    """Red when a viewer may change something, a member what is said to be the owners' and admins' affair, or anybody what
    is said to be the operators'."""
    permission = needed(method, path)
    allowed = {role for role in ROLES if permits(of(role), permission) is None}
    if method not in READING and (method, path) not in OF_PEOPLE and path not in READ_BY_POST:
        assert "viewer" not in allowed
    if "(operators" in description:
        assert permission == "operations"
    if re.search(r"owners and admins", description, re.IGNORECASE) and "see everybody" not in description:
        assert not {"viewer", "member"} & allowed or "or anybody's as" in description
    if "(owners)" in description:
        assert allowed == {"owner"}


@pytest.mark.parametrize("permission", sorted({needed(method, path) for method, path, _ in OPERATIONS}))
def test_a_key_may_what_its_scopes_name_and_its_makers_role_allows_and_nothing_else(permission: Permission) -> None:
    """Red when a scope outlives a role, a role reaches beyond the scopes, or a key is taken for a person or an operator."""
    for role in ROLES:
        for scopes in (frozenset[str](), frozenset({"read"}), frozenset(SCOPES), frozenset(SCOPES) - {permission}):
            expected = permission == "presence" or (permission in scopes and may(role, permission))
            assert (permits(of(role, scopes), permission, operator=True) is None) == expected, (role, scopes)


def test_operations_are_for_operators_whatever_their_role() -> None:
    assert permits(of("viewer"), "operations", operator=True) is None
    assert permits(of("owner"), "operations") == "operators_only"
    assert permits(of("owner", frozenset({"operations"})), "operations", operator=True) == "people_only"


def test_each_role_may_what_the_one_below_may() -> None:
    viewer, member, admin, owner = (ROLES[role] for role in ("viewer", "member", "admin", "owner"))
    assert viewer < member < admin < owner


@pytest.mark.parametrize(
    "path", ["", "nothing", "nothing/at/all", "../members", "//members", "MEMBERS", "internal/status"]
)
def test_a_path_of_no_table_has_no_permission(path: str) -> None:
    """Red when something falls back to a default."""
    assert permission_for("GET", path) is None


def test_a_longer_line_counts_before_a_shorter_one_and_cannot_be_walked_around() -> None:
    for method, path, wanted in (
        ("GET", "credits/proofs", "operations"),
        ("GET", "credits/proofs/", "operations"),
        ("GET", "credits/proofs//", "operations"),
        ("GET", "credits/proof", "read"),
        ("POST", "campaigns/1/check", "read"),
        ("POST", "campaigns/check", "sending"),
        ("POST", "campaigns/1/start", "sending"),
        ("HEAD", "audit", "audit"),
        ("PATCH", "billing/subscription/anything/else", "billing"),
    ):
        assert permission_for(method, path) == wanted, path


def test_an_operation_is_found_by_its_request() -> None:
    """Red when a literal path is taken for one with an id."""
    documents = {"paths": {
        "/v1/jobs/{job_id}": {"delete": {"operationId": "one"}}, "/v1/jobs/old": {"delete": {"operationId": "old"}},
    }}  # fmt: skip
    known = Operations(documents)
    one, old = known.find("DELETE", "/v1/jobs/7"), known.find("DELETE", "/v1/jobs/old")
    assert one is not None
    assert old is not None
    assert (one.id, dict(one.subjects), one.route) == ("one", {"job_id": "7"}, "/v1/jobs/{job_id}")
    assert (old.id, dict(old.subjects)) == ("old", {})
    assert known.find("GET", "/v1/jobs/7") is None
    assert known.find("DELETE", "/v1/jobs") is None


def test_a_literal_path_takes_its_own_methods_alone() -> None:
    """Red when `/jobs/old` is said to take what `/jobs/{job_id}` takes."""
    said = {"operationId": "said"}
    known = Operations({"paths": {"/v1/jobs/{job_id}": {"get": said, "delete": said}, "/v1/jobs/old": {"post": said}}})
    assert known.methods_of("/v1/jobs/old") == ["POST"]
    assert known.methods_of("/v1/jobs/7") == ["DELETE", "GET"]
    assert known.methods_of("/v1/nothing") == []
