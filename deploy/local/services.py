"""What runs on one machine: each service's command line, its port, and the environment all of them share."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.ports import MAX_REPLICAS, Ports
from deploy.local.processes import Process
from deploy.local.state import CHECKOUT, State, read_env_file

SERVICES = ("gateway", "ingest", "enrich", "billing", "sender")
EVERYTHING = ("sandbox", *SERVICES)
DEMO_EMAIL = "demo@corofy.example"
# A stop of the whole stack has 20 s: the services get most of them (open requests first), then the servers.
OPEN_REQUESTS_SECONDS = 3
SHUTDOWN_SECONDS = 8
STOP_SECONDS = OPEN_REQUESTS_SECONDS + SHUTDOWN_SECONDS + 1
# Left alone, glibc gives each thread a heap of its own and keeps what was freed in it: a peak is never given back.
_ALLOCATOR = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "131072"}
# What a child needs of ours even when it is to be told nothing else.
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR")


@dataclass(frozen=True)
class Servers:
    """What the services stand on."""

    database_url: str
    rabbitmq_url: str


def user_environment() -> dict[str, str]:
    """What the person has configured: `.env` in the checkout, overruled by the environment."""
    file = CHECKOUT / ".env"
    return {**(read_env_file(file) if file.exists() else {}), **os.environ}


def url_of(name: str, ports: Ports) -> str:
    return f"http://127.0.0.1:{ports[name]}"


def environment(
    given: Mapping[str, str], *, state: State, ports: Ports, servers: Servers, sandbox: bool
) -> dict[str, str]:
    """The environment of every service. What is in `given` wins over what would be made up here."""
    secrets = state.secrets()
    made = {
        "ENV": "development",
        "DATABASE_URL": servers.database_url,
        "RABBITMQ_URL": servers.rabbitmq_url,
        "INTERNAL_SECRET": secrets["INTERNAL_SECRET"],
        "AUTH_SECRET": secrets["AUTH_SECRET"],
        "ENCRYPTION_KEYS": secrets["ENCRYPTION_KEYS"],
        "STORAGE_URL": f"file://{state.storage}",
        "MAIL_FROM": "Demo Sender <sender@corofy.example>",
        "APP_BASE_URL": url_of("gateway", ports),
        "WEB_ROOT": str(CHECKOUT / "frontend" / "out"),
        "SHUTDOWN_SECONDS": str(SHUTDOWN_SECONDS),
        "PYTHONUNBUFFERED": "1",
        **_ALLOCATOR,
        **{f"{name.upper()}_URL": url_of(name, ports) for name in SERVICES if name != "gateway"},
    }
    if sandbox:
        made |= {
            "SANDBOX_URL": url_of("sandbox", ports),
            "SANDBOX_DATA_DIR": str(state.path / "sandbox"),
            "SANDBOX_SMTP_PORT": str(ports["sandbox_smtp"]),
            "SANDBOX_SMTP_URL": f"smtp://127.0.0.1:{ports['sandbox_smtp']}",
            **_stripe(given, secret=f"whsec_{secrets['STRIPE_WEBHOOK_SECRET']}", ports=ports),
        }
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    # A name that is set to nothing counts as not set.
    chosen = {name: value for name, value in given.items() if value}
    merged = {**inherited, **made, **chosen}
    admins = [email.strip() for email in merged.get("ADMIN_EMAILS", "").split(",") if email.strip()]
    if merged["ENV"] != "production" and DEMO_EMAIL not in admins:
        merged["ADMIN_EMAILS"] = ",".join([*admins, DEMO_EMAIL])
    return merged


def _stripe(given: Mapping[str, str], *, secret: str, ports: Ports) -> dict[str, str]:
    """Where the sandbox's Stripe sends its events, and what both sides sign and verify with. The real one sends its own."""
    if given.get("STRIPE_SECRET_KEY"):
        return {}
    url = f"{url_of('gateway', ports)}/v1/stripe/webhooks"
    return {"STRIPE_WEBHOOK_SECRET": secret, "SANDBOX_STRIPE_WEBHOOK_URL": url}


def replicas(names: tuple[str, ...], env: Mapping[str, str]) -> list[str]:
    """The processes to run: WORKER_COUNT says how many of enrich, named enrich, enrich-2, …"""
    text = env.get("WORKER_COUNT") or "1"
    if not text.isdigit() or not 1 <= int(text) <= MAX_REPLICAS:
        raise StackError(f"WORKER_COUNT is {text!r}: give the number of enrich processes, from 1 to {MAX_REPLICAS}.")
    more = [f"enrich-{number}" for number in range(2, int(text) + 1)] if "enrich" in names else []
    return [*names, *more]


def process_of(name: str, *, env: Mapping[str, str], state: State, ports: Ports) -> Process:
    service = name.partition("-")[0]
    app = ["deploy.sandbox.app:app"] if service == "sandbox" else ["--factory", f"services.{service}.main:build_app"]
    argv = [sys.executable, "-m", "uvicorn", *app, "--host", "127.0.0.1", "--port", str(ports[name])]
    if service == "gateway":
        argv += ["--http", "libs.common.http.protocol:Bounded"]
    # The gateway itself knows whose X-Forwarded-For to believe (PROXIES_IN_FRONT).
    argv += ["--no-proxy-headers", "--no-access-log", "--timeout-graceful-shutdown", str(OPEN_REQUESTS_SECONDS)]
    return Process(name, argv, env=env, log=_log_of(name, state), run=state.run, cwd=CHECKOUT)


def _log_of(name: str, state: State) -> Path:
    return state.logs / f"{name}.log"
