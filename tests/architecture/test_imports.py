"""The import contracts hold on the tree, and each of them can be broken."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_COMMAND = "from importlinter.cli import lint_imports_command as run; run()"


def _lint(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _COMMAND, "--no-cache"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_the_tree_keeps_its_import_contracts() -> None:
    done = _lint(ROOT)
    assert done.returncode == 0, done.stdout


PLANTED = [
    ("services/sender/main.py", "services.billing.tables", "Services never import each other"),
    ("libs/common/uow.py", "services.ingest.tables", "What services stand on knows none of them"),
    ("deploy/local/state.py", "services.ingest.tables", "What services stand on knows none of them"),
    (
        "services/billing/tables/ledger.py",
        "services.billing.use_cases.place_hold",
        "Inside a service imports point inwards",
    ),
    ("services/ingest/domain/jobs.py", "services.ingest.tables", "Inside a service imports point inwards"),
    ("services/ingest/handlers.py", "services.ingest.schedules", "Inside a service imports point inwards"),
    ("services/enrich/domain/line.py", "httpx", "The domain is pure: no I/O, no framework, no clock"),
    (
        "services/billing/domain/credits/ledger.py",
        "libs.common.clock",
        "The domain is pure: no I/O, no framework, no clock",
    ),
    ("libs/common/outbox.py", "libs.common.uow", "The common ground is layered"),
    ("libs/common/errors.py", "libs.common.db", "The common ground is layered"),
    ("libs/common/messaging/relay.py", "libs.common.http.problems", "The bus knows nothing of HTTP"),
    ("libs/common/contracts/ingest.py", "orjson", "The contracts import pydantic only"),
    ("libs/client/request.py", "libs.common.ids", "The API's client stands alone"),
    (
        "services/billing/use_cases/open_account.py",
        "libs.client.client",
        "Services ask each other by events, not as users do",
    ),
    ("services/billing/use_cases/place_hold.py", "stripe", "Outside SDKs are the clients' alone"),
]


def test_planted_imports_are_found(tmp_path: Path) -> None:
    """Red when a contract is taken out of pyproject.toml, or does not see a module any more."""
    for name in ("libs", "services", "deploy"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.json"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for path, imported, _ in PLANTED:
        with (tmp_path / path).open("a") as module:
            module.write(f"\nimport {imported}\n")

    said = _lint(tmp_path).stdout
    kept = [line for line in said.splitlines() if " KEPT" in line]
    assert kept == [], "each contract has an import against it"
    for path, imported, contract in PLANTED:
        importer = path.removesuffix(".py").replace("/", ".")
        report = said.partition(f"{contract}\n{'-' * len(contract)}")[2]
        assert f"{importer} -> {imported} " in report, (importer, imported, contract)
