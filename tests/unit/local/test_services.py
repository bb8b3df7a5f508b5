"""The environment that services are given, and how many of them there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.local.errors import StackError
from deploy.local.ports import Ports
from deploy.local.services import DEMO_EMAIL, EVERYTHING, Servers, environment, process_of, replicas
from deploy.local.state import State

SERVERS = Servers("postgresql://u:p@127.0.0.1:1/d", "amqp://u:p@127.0.0.1:2/")


def environment_with(state: Path, given: dict[str, str], *, sandbox: bool = True) -> dict[str, str]:
    return environment(given, state=State.open(state), ports=Ports(30000), servers=SERVERS, sandbox=sandbox)


def test_what_the_person_sets_wins_and_a_name_set_to_nothing_does_not_count(tmp_path: Path) -> None:
    env = environment_with(tmp_path, {"INGEST_URL": "http://elsewhere", "AUTH_SECRET": "", "GROQ_API_KEY": "k"})
    assert env["INGEST_URL"] == "http://elsewhere"
    assert len(env["AUTH_SECRET"]) >= 32
    assert env["GROQ_API_KEY"] == "k"
    assert env["ENRICH_URL"] == "http://127.0.0.1:30002"


def test_nothing_else_of_our_own_environment_reaches_the_services(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red when a developer's real keys could leak into a test's stack."""
    monkeypatch.setenv("SERPER_API_KEY", "real")
    assert "SERPER_API_KEY" not in environment_with(tmp_path, {})


def test_the_demo_user_is_an_operator_beside_others_but_never_in_production(tmp_path: Path) -> None:
    assert environment_with(tmp_path, {"ADMIN_EMAILS": "a@b.example"})["ADMIN_EMAILS"] == f"a@b.example,{DEMO_EMAIL}"
    assert "ADMIN_EMAILS" not in environment_with(tmp_path, {"ENV": "production"}, sandbox=False)


def test_without_the_sandbox_no_service_hears_of_it(tmp_path: Path) -> None:
    env = environment_with(tmp_path, {}, sandbox=False)
    assert not [name for name in env if name.startswith("SANDBOX")]


def test_the_sandboxs_stripe_signs_with_what_billing_verifies_with(tmp_path: Path) -> None:
    """Red when the events of the demo would be refused as forged, or a real account's secret were made up."""
    env = environment_with(tmp_path, {})
    assert env["SANDBOX_STRIPE_WEBHOOK_URL"].endswith("/v1/stripe/webhooks")
    assert env["STRIPE_WEBHOOK_SECRET"].startswith("whsec_")
    assert env["STRIPE_WEBHOOK_SECRET"] == environment_with(tmp_path, {})["STRIPE_WEBHOOK_SECRET"]
    given = environment_with(tmp_path, {"STRIPE_WEBHOOK_SECRET": "whsec_chosen"})
    assert given["STRIPE_WEBHOOK_SECRET"] == "whsec_chosen"
    real = environment_with(tmp_path, {"STRIPE_SECRET_KEY": "sk_test_mine"})
    assert "STRIPE_WEBHOOK_SECRET" not in real
    assert "SANDBOX_STRIPE_WEBHOOK_URL" not in real


def test_worker_count_says_how_many_of_enrich_there_are() -> None:
    assert replicas(EVERYTHING, {"WORKER_COUNT": "3"})[-2:] == ["enrich-2", "enrich-3"]
    assert replicas(EVERYTHING, {}) == list(EVERYTHING)
    assert replicas(("gateway",), {"WORKER_COUNT": "3"}) == ["gateway"]


@pytest.mark.parametrize("text", ["0", "many", "100", "-1"])
def test_a_useless_worker_count_is_refused(text: str) -> None:
    with pytest.raises(StackError, match="WORKER_COUNT"):
        replicas(EVERYTHING, {"WORKER_COUNT": text})


def test_the_gateway_bounds_what_strangers_send_before_there_is_a_request(tmp_path: Path) -> None:
    """Red when it is started with uvicorn's own HTTP, which takes a head of any size."""
    process = process_of("gateway", env={}, state=State.open(tmp_path), ports=Ports(20000))
    argv = process._argv  # pyright: ignore[reportPrivateUsage] - it is not told otherwise
    assert argv[argv.index("--http") + 1] == "libs.common.http.protocol:Bounded"
