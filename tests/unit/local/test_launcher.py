"""The shell launcher: what it says where Python will not do, and that a current environment is left alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.state import CHECKOUT

OLD = '#!/bin/sh\n[ "$1" = --version ] && { echo "Python 3.9.2"; exit 0; }\nexit 1\n'
BARE = '#!/bin/sh\ncase "$2" in *ensurepip*) exit 1 ;; esac\nexit 0\n'


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose path holds a space, with a command that tells how it was called."""
    folder = tmp_path / "my leads"
    (folder / "libs" / "cli").mkdir(parents=True)
    (folder / "libs" / "__init__.py").touch()
    for name in ("corofy", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(CHECKOUT / name, folder / name)
    (folder / "libs" / "cli" / "__main__.py").write_text("import os, sys; print(sys.argv[1:], os.getcwd())\n")
    return folder


def launch(checkout: Path, *words: str, cwd: Path = Path("/"), python: str = "no-such-python") -> tuple[int, str, str]:
    env = {"PATH": os.defpath, "HOME": "/nonexistent", "COROFY_PYTHON": python}
    done = subprocess.run(
        ["sh", str(checkout / "corofy"), *words],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


def interpreter(folder: Path, text: str) -> str:
    file = folder / "python-of-a-test"
    file.write_text(text)
    file.chmod(0o755)
    return str(file)


def test_a_machine_without_python_is_told_what_to_install(checkout: Path) -> None:
    code, _, said = launch(checkout, "demo")
    assert code == 1
    assert said == (
        "corofy: There is no Python here: install Python 3.11 or newer "
        "(on Debian or Ubuntu: apt-get install python3 python3-venv).\n"
    )


def test_a_python_that_is_too_old_is_named_with_its_version(checkout: Path, tmp_path: Path) -> None:
    code, _, said = launch(checkout, "demo", python=interpreter(tmp_path, OLD))
    assert code == 1
    assert said.startswith("corofy: Python 3.9.2 is too old: Corofy needs Python 3.11 or newer")
    assert len(said.splitlines()) == 1


def test_a_python_without_venv_is_named_with_the_package_to_install(checkout: Path, tmp_path: Path) -> None:
    code, _, said = launch(checkout, "demo", python=interpreter(tmp_path, BARE))
    assert code == 1
    assert "has no venv module: install it (on Debian or Ubuntu: apt-get install python3-venv)." in said


def test_a_current_environment_is_used_at_once_from_any_folder_and_through_a_link(
    checkout: Path, tmp_path: Path
) -> None:
    """Red when a second start would install anything: no interpreter is there to install with."""
    make_environment(checkout, kind="run")
    (tmp_path / "link").symlink_to(checkout / "corofy")
    code, out, said = launch(checkout, "enrich", "a b.csv", cwd=tmp_path)
    assert (code, out, said) == (0, f"['enrich', 'a b.csv'] {tmp_path}\n", "")
    done = subprocess.run(["sh", str(tmp_path / "link"), "up"], capture_output=True, text=True, check=False, cwd="/")
    assert done.stdout == "['up'] /\n"


def test_changed_requirements_and_the_tests_needs_are_noticed(checkout: Path) -> None:
    make_environment(checkout, kind="run")
    assert launch(checkout, "test")[0] == 1  # wants the development tools, and finds no Python to make them with
    (checkout / "requirements.txt").write_text("other\n")
    assert launch(checkout, "up")[0] == 1


def test_the_environment_with_the_development_tools_serves_every_command(checkout: Path) -> None:
    make_environment(checkout, kind="dev")
    assert launch(checkout, "up")[0] == 0
    assert launch(checkout, "test")[0] == 0


def make_environment(checkout: Path, *, kind: str) -> None:
    """What a first start leaves, without its packages; the stamp is computed by the launcher's own lines."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(checkout / ".venv")], check=True)
    text = (checkout / "corofy").read_text()
    program = text.split("<<'END'\n")[1].split("END\n")[0]
    python = checkout / ".venv" / "bin" / "python"
    stamp = subprocess.run(
        [str(python), "-I", "-", str(checkout), kind], input=program, capture_output=True, text=True, check=True
    )
    (checkout / ".venv" / ".stamp").write_text(stamp.stdout)
