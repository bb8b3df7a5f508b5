"""Where the browser that tests the web app comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.local import chromium
from deploy.local.errors import StackError


def _program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with no browser and no apt."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("COROFY_CHROMIUM", raising=False)
    return tmp_path


async def test_the_chosen_browser_comes_before_the_installed_one(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Red when a person's choice is not theirs."""
    installed = _program(bare / "bin/chromium")
    assert (await chromium.find_or_fetch(bare, say=print)).executable == installed
    chosen = _program(bare / "mine")
    monkeypatch.setenv("COROFY_CHROMIUM", str(chosen))
    assert (await chromium.find_or_fetch(bare, say=print)).executable == chosen
    monkeypatch.setenv("COROFY_CHROMIUM", str(bare / "nothing"))
    with pytest.raises(StackError, match="which is no program"):
        await chromium.find_or_fetch(bare, say=print)


async def test_an_unpacked_browser_finds_the_libraries_and_fonts_that_came_with_it(bare: Path) -> None:
    """Red when a machine without a desktop starts a browser that cannot load its libraries."""
    root = bare / "chromium-programs"
    program = _program(root / "usr/lib/chromium/chromium")
    (root / "usr/lib/x86_64-linux-gnu").mkdir()
    found = await chromium.find_or_fetch(bare, say=print)
    assert found.executable == program
    assert found.env["LD_LIBRARY_PATH"] == str(root / "usr/lib/x86_64-linux-gnu")
    assert found.env["FONTCONFIG_FILE"] == str(root / "fonts.conf")


async def test_a_machine_without_a_browser_and_without_apt_is_told_what_to_do(bare: Path) -> None:
    with pytest.raises(StackError, match="install chromium, or set COROFY_CHROMIUM"):
        await chromium.find_or_fetch(bare, say=print)
