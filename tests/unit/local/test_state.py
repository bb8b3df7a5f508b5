"""The state folder: secrets are made once and kept private, and its place is one that everything can use."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from deploy.local import state as state_module
from deploy.local.errors import StackError
from deploy.local.state import State, default_path, is_plain, is_reachable, read_env_file


def test_secrets_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    state = State.open(tmp_path / "state")
    first = state.secrets()
    assert state.secrets() == first
    assert len(set(first.values())) == len(first)
    assert all(len(secret) >= 32 for secret in first.values())
    assert stat.S_IMODE((state.path / "secrets.env").stat().st_mode) == 0o600


def test_a_secret_that_a_newer_version_wants_is_added_and_the_others_stay(tmp_path: Path) -> None:
    state = State.open(tmp_path)
    (tmp_path / "secrets.env").write_text("AUTH_SECRET=kept\n")
    secrets = state.secrets()
    assert secrets["AUTH_SECRET"] == "kept"
    assert len(secrets["INTERNAL_SECRET"]) >= 32


def test_a_second_start_is_told_so_in_one_sentence(tmp_path: Path) -> None:
    state = State.open(tmp_path)
    mine, pytests = state.lock("stack", held_message="taken"), pytest.raises(StackError, match=r"^taken$")
    with mine, pytests, state.lock("stack", held_message="taken"):
        raise AssertionError("two starts at once")
    with state.lock("stack", held_message="taken"):
        assert (tmp_path / "stack.lock").exists()


def test_a_full_disk_is_named_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_module, "LEAST_FREE_BYTES", 2**62)
    with pytest.raises(StackError, match=r"MB are free on the disk of .*COROFY_STATE_DIR"):
        State.open(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StackError, match=r"cannot be made .*COROFY_STATE_DIR"):
        State.open(tmp_path / "file" / "state")


def test_a_checkout_with_a_space_in_its_path_keeps_its_state_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COROFY_STATE_DIR", raising=False)
    monkeypatch.setattr(state_module, "CHECKOUT", Path("/srv/my leads"))
    assert is_plain(default_path())
    assert default_path().parent == Path("/", "var", "tmp")
    one = default_path()
    monkeypatch.setattr(state_module, "CHECKOUT", Path("/srv/other leads"))
    assert default_path() != one


def test_a_chosen_folder_with_a_space_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COROFY_STATE_DIR", "/srv/my state")
    with pytest.raises(StackError, match=r"COROFY_STATE_DIR"):
        default_path()


def test_a_folder_under_a_private_home_is_not_reachable(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "checkout").mkdir(parents=True)
    tmp_path.chmod(0o755)
    home.chmod(0o700)
    assert not is_reachable(home / "checkout")


def test_an_env_file_is_read_without_its_comments(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# a comment=1\nA = 1\nURL=postgresql://u:p@h/d?x=y\n\nnonsense\n")
    assert read_env_file(tmp_path / ".env") == {"A": "1", "URL": "postgresql://u:p@h/d?x=y"}
