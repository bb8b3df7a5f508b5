"""Logs are shown whole line by whole line."""

from __future__ import annotations

from pathlib import Path

import pytest

from libs.cli.__main__ import main


def test_the_last_whole_lines_of_each_process_are_shown_behind_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COROFY_STATE_DIR", str(tmp_path))
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "enrich.log").write_text("one\ntwo [bold]\nunfinished")
    (tmp_path / "logs" / "ingest.log").write_text("three\n")
    assert main(["logs", "-n", "1"]) == 0
    assert capsys.readouterr().out == "enrich | two [bold]\ningest | three\n"
    assert main(["logs", "ingest"]) == 0
    assert capsys.readouterr().out == "ingest | three\n"
    assert main(["logs", "nobody"]) == 1
    assert "choose among enrich, ingest" in capsys.readouterr().err
