"""What an alert sends an operator to `corofy status` for is there."""

from __future__ import annotations

from typing import Any

import pytest

from libs.cli import status
from libs.cli.errors import CliError
from libs.cli.target import Target

FINE: dict[str, Any] = {"name": "sweep", "due_at": "…", "last_success_at": "2026-11-27T09:00:00Z", "last_error": None}


def inside(*schedules: dict[str, Any], outbox_error: str | None = None) -> dict[str, Any]:
    return {
        "outbox": {"pending": 3 if outbox_error else 0, "oldest_seconds": 200.0, "last_error": outbox_error},
        "dead_letters_open": 0,
        "queues": {},
        "schedules": list(schedules),
    }


def test_the_last_error_of_an_outbox_and_of_a_schedule_is_told() -> None:
    """Red when the alerts OutboxLagging and ScheduleStalled, or the runbook, send somebody to words that are not there."""
    broken = {**FINE, "name": "plan_day", "last_error": "TimeoutError: after 120 s"}
    never = {**FINE, "name": "watch", "last_success_at": None, "last_error": "OSError: away"}
    told = status.errors_of(
        {"ingest": inside(FINE, outbox_error="no queue takes ingest.job.created.v1"), "sender": inside(broken, never)}
    )
    assert told == [
        "The outbox of ingest waits: no queue takes ingest.job.created.v1",
        "plan_day of sender has not succeeded since 2026-11-27T09:00:00Z: TimeoutError: after 120 s",
        "watch of sender has not succeeded so far: OSError: away",
    ]


def test_a_service_that_does_not_answer_and_one_without_errors_tell_nothing() -> None:
    assert status.errors_of({"billing": None, "enrich": inside(FINE)}) == []


async def test_the_command_tells_them(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Red when they are collected and not shown."""

    class Asked:
        services = ("ingest", "sender")

        def __init__(self, target: Target) -> None:
            self.target = target

        async def __aenter__(self) -> Asked:
            return self

        async def __aexit__(self, *_: object) -> None:
            return None

        async def ready(self, _: str) -> tuple[bool, str]:
            return True, ""

        async def get(self, service: str, _: str) -> dict[str, Any]:
            if service == "sender":
                raise CliError("sender does not answer")
            return inside(FINE, outbox_error="the broker is [away]")

    target = Target(
        {"ingest": "http://i", "sender": "http://s"}, internal_secret="", demo_password="", sandboxed=False, owned=False
    )
    monkeypatch.setattr(status, "Operator", Asked)
    monkeypatch.setattr(status, "require_target", lambda: target)
    assert await status.status() == 0
    assert "The outbox of ingest waits: the broker is [away]" in capsys.readouterr().out
