"""Whatever may be sent, and much that may not, through the door to every operation: answers are as the description says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx
import pytest

from deploy.local.stack import LocalStack
from services.gateway.public_api import public_document
from tests.e2e.test_tenants import NOT_IDS, made_by
from tests.support.described import Outcome, asked_by_description, names_of
from tests.support.journey import User, grant, sign_up
from tests.support.known_ids import Ids
from tests.support.stack import state_folder

OWNER = "operator@corofy.example"
"""Owner of what is asked for, and operator besides: so every operation is there for them."""
STREAMS = "GET /v1/events"
"""Ends only when the client leaves: tests/integration/gateway/test_live_events.py reads it."""
ENDS_ACCESS = (
    "DELETE /v1/workspace",
    "DELETE /v1/workspace/membership",
    "POST /auth/v1/logout",
    "PUT /auth/v1/user",
    "PUT /v1/workspace/owner",
)
"""After which the one who asked gets no further: each is asked by somebody of its own."""
NOT_BY_CHANCE = {
    "GET /v1/billing/subscription/preview",
    "GET /v1/dead-letters/{email_id}",
    "GET /v1/downloads/{token}",
    "GET /v1/oauth/callback",
}
"""Reading that succeeds only with what we have signed or sold, or for a mail that is dead."""
SAME = {"providers/{provider}": "provider", "catalogue/{version}": "version", "jobs/{row_no}": "row_no"}
REFUSED = [400, 401, 402, 403, 404, 405, 406, 409, 410, 412, 413, 415, 422, 423, 428, 429]
CHECKS = {"negative_data_rejection": {"expected-statuses": REFUSED}}
"""All of them. Broken requests may be refused by any of our 4xx: an unmet precondition (412) is found before a bad body."""
EVERY = {
    "allow_header_conformance",
    "content_type_conformance",
    "ensure_resource_availability",
    "ignored_auth",
    "missing_required_header",
    "negative_data_rejection",
    "not_a_server_error",
    "object_level_authorization",
    "positive_data_acceptance",
    "response_headers_conformance",
    "response_schema_conformance",
    "status_code_conformance",
    "unsupported_method",
    "use_after_free",
}
NAMES = names_of(public_document())


@pytest.fixture(scope="module")
async def own_stack() -> AsyncGenerator[LocalStack]:
    """One where nobody is asked to wait, and whose prices nobody else needs."""
    limits = {"USER_REQUESTS_PER_MINUTE": "0", "KEY_REQUESTS_PER_MINUTE": "0", "PLAN_LIMITS": "off"}
    with state_folder() as folder:
        async with LocalStack(
            folder, fsync=False, env={"ADMIN_EMAILS": f"20-{OWNER},200-{OWNER}", "ENV": "test", **limits}
        ) as running:
            yield running


@asynccontextmanager
async def signed_up(stack: LocalStack, email: str) -> AsyncGenerator[User]:
    async with httpx.AsyncClient(base_url=stack.url("gateway"), timeout=60, trust_env=False) as client:
        me = await sign_up(client, email, password=uuid4().hex, workspace="Described")
        yield User(client, me["workspace_id"])


async def two_workspaces(owner: User) -> tuple[Ids, Ids]:
    """One to keep and one to spare, with one of everything in each."""
    made = await owner.ask("POST", "/v1/workspaces", json={"name": "Spare"}, headers={"Idempotency-Key": uuid4().hex})
    there: list[Ids] = []
    for workspace_id in (owner.workspace_id, made["id"]):
        headers = {**owner.client.headers, "X-Workspace-Id": workspace_id}
        url = owner.client.base_url
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60, trust_env=False) as client:
            user = User(client, workspace_id)
            await grant(user, owner.client, 1_000_000)
            same = {key: NOT_IDS[name] for key, name in SAME.items()}
            there.append(Ids(workspace_id, await made_by(user) | same))
    return there[0], there[1]


async def asked(
    stack: LocalStack, who: User, *, kept: Ids, spare: Ids, examples: int, is_asked: Callable[[str], bool]
) -> Outcome:
    return await asyncio.to_thread(
        asked_by_description,
        public_document(),
        gateway_url=stack.url("gateway"),
        token=who.client.headers["Authorization"],
        examples=examples,
        kept=kept,
        spare=spare,
        is_asked=is_asked,
        checks=CHECKS,
    )


def hold(outcome: Outcome, names: set[str]) -> None:
    """Fails with everything that is not as described, by operation."""
    faults = sorted(map(str, outcome.faults.values()))
    assert outcome.errors == []
    assert faults == [], "\n\n".join(faults)
    assert set(outcome.answers) == names
    assert set(outcome.checks) >= EVERY


@pytest.mark.parametrize(
    "examples",
    [
        pytest.param(20, marks=pytest.mark.timeout(1200)),
        pytest.param(200, marks=[pytest.mark.long, pytest.mark.timeout(7200)]),
    ],
    ids=["few", "many"],
)
async def test_every_operation_answers_as_described(own_stack: LocalStack, examples: int) -> None:
    """Red when any request makes an operation fall over, answer what its description does not say, take what it refuses
    or refuse what it takes, or take somebody for known who is not. Operations are those of the document: new ones are asked
    as they come. Red as well when one ends what the others need: name it in ENDS_ACCESS."""
    names = {name for name in NAMES if name != STREAMS and name not in ENDS_ACCESS}
    async with signed_up(own_stack, f"{examples}-{OWNER}") as owner:
        kept, spare = await two_workspaces(owner)
        outcome = await asked(own_stack, owner, kept=kept, spare=spare, examples=examples, is_asked=names.__contains__)
        hold(outcome, names)
        unread = {name for name in names if name.startswith("GET") and not outcome.succeeded(name)}
        assert unread <= NOT_BY_CHANCE
        assert (await owner.ask("GET", f"/v1/jobs/{kept.values['jobs/{job_id}']}"))["state"] == "completed"


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ENDS_ACCESS)
async def test_what_ends_access_answers_as_described(own_stack: LocalStack, name: str) -> None:
    """Red as above, also when whoever asks has lost the right to in between."""
    async with signed_up(own_stack, f"{uuid4().hex}@ends.example") as user:
        ids = Ids(user.workspace_id, {})
        hold(await asked(own_stack, user, kept=ids, spare=ids, examples=10, is_asked=name.__eq__), {name})
