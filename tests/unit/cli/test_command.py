"""Whatever goes wrong, a person reads one sentence and a script reads an exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from libs.cli.__main__ import main
from libs.cli.app import app


@pytest.fixture(autouse=True)
def nothing_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COROFY_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.delenv("COROFY_DEBUG", raising=False)


@pytest.mark.parametrize("words", [["status"], ["dead", "list"], ["dead", "replay", "x"]])
def test_without_a_running_stack_the_sentence_says_how_to_start_it(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 1
    said = capsys.readouterr().err
    assert "./corofy up" in said
    assert len(said.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["enrich", "no-such-file.csv", "-o", "out.xlsx"], "There is no file no-such-file.csv."),
        (["enrich", __file__, "-o", "out.pdf"], "ends in neither .xlsx nor .csv"),
        (["enrich", __file__, "-o", "/no/such/folder/out.xlsx"], "does not exist"),
        (["catalogue", "import", "no-such.json"], "'example' stands for the catalogue that is shipped"),
        (["catalogue", "import", "rules.xlsx"], "ends in neither .json nor .csv"),
        (["catalogue", "export", "rules.pdf"], "ends in neither .json nor .csv"),
        (["catalogue", "test", "no-such.csv"], "There is no file no-such.csv."),
        (["logs"], "Nothing has been logged yet"),
        (["bench", "nonsense"], "There is no benchmark nonsense"),
        (["up", "--only", "nonsense"], "There is no service nonsense"),
    ],
)
def test_a_wrong_wish_is_answered_in_one_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 1
    said = capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said


def test_the_result_never_replaces_its_own_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "leads.csv"
    file.write_text("a,b\n")
    assert main(["enrich", str(file), "-o", str(file)]) == 1
    assert "choose another name" in capsys.readouterr().err


def test_a_surprise_is_one_sentence_too_and_a_traceback_only_on_request(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def surprise(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr("libs.cli.reset.reset", surprise)
    assert main(["reset"]) == 1
    assert "ZeroDivisionError: by nothing. (--debug" in capsys.readouterr().err
    with pytest.raises(ZeroDivisionError):
        main(["reset", "--debug"])


def test_an_unknown_command_is_a_wrong_question(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["frobnicate"]) == 2
    assert "frobnicate" in capsys.readouterr().err


def test_every_command_says_what_it_is_for() -> None:
    assert all(command.callback and command.callback.__doc__ for command in app.registered_commands)


def test_a_reset_keeps_only_what_would_have_to_be_downloaded_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "state"
    for name in ("postgres", "rabbitmq", "storage", "rabbitmq-programs"):
        (folder / name).mkdir(parents=True)
    (folder / "secrets.env").write_text("A=b\n")
    assert main(["reset", "--yes"]) == 0
    assert {entry.name for entry in folder.iterdir()} == {"rabbitmq-programs", "stack.lock"}
    assert str(folder) in capsys.readouterr().out
