"""Getting RabbitMQ's programs leaves the machine as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.local import rabbitmq_programs as programs
from deploy.local.errors import StackError
from deploy.local.state import State


def test_no_service_may_start_meanwhile_and_the_old_policy_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tmp_path / "policy-rc.d"
    monkeypatch.setattr(programs, "POLICY", policy)
    policy.write_text("the machine's own")
    with programs.no_service_starts():
        assert "exit 101" in policy.read_text()
        assert policy.stat().st_mode & 0o111
    assert policy.read_text() == "the machine's own"


def test_a_policy_saved_by_a_start_that_was_killed_comes_back_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tmp_path / "policy-rc.d"
    monkeypatch.setattr(programs, "POLICY", policy)
    policy.with_name("policy-rc.d.before-corofy").write_text("the machine's own")
    policy.write_text("left over from corofy")
    with programs.no_service_starts():
        pass
    assert policy.read_text() == "the machine's own"


def test_without_a_policy_none_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "POLICY", tmp_path / "policy-rc.d")
    with programs.no_service_starts():
        pass
    assert list(tmp_path.iterdir()) == []


def test_erlangs_scripts_are_told_where_they_lie_now(tmp_path: Path) -> None:
    script = tmp_path / "usr/lib/erlang/bin/erl"
    script.parent.mkdir(parents=True)
    script.write_text("#!/bin/sh\nROOTDIR=/usr/lib/erlang\n")
    programs.relocate_erlang(tmp_path, Path("/srv/corofy"))
    assert "ROOTDIR=/srv/corofy/usr/lib/erlang\n" in script.read_text()


async def test_a_machine_without_a_broker_and_without_apt_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StackError, match=r"no apt to fetch it with: install RabbitMQ .* or set RABBITMQ_URL"):
        await programs.find_or_fetch(State.open(tmp_path), say=lambda _: None)
