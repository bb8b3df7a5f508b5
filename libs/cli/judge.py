"""`corofy eval`: runs the eval set of enrich's prompts in a process of its own."""

from __future__ import annotations

import subprocess
import sys

from deploy.local.state import CHECKOUT


def judge(*, real: bool, case: str, as_json: bool, write_docs: bool) -> int:
    """The exit code: 1 when a case is not as it should be."""
    wanted = {"--real": real, "--json": as_json, "--write-docs": write_docs}
    options = [name for name, is_wanted in wanted.items() if is_wanted] + ([f"--case={case}"] if case else [])
    command = [sys.executable, "-m", "services.enrich.evals", *options]
    return subprocess.run(command, cwd=CHECKOUT, check=False).returncode
