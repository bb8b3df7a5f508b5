"""Where things lie and what they are called: whoever knows one service knows them all."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from libs.common.contracts.catalogue import LISTENERS
from tests.architecture.tree import ROOT, SERVICES, argument, calls, files, modules, parsed, shown

NO_HOME = {"utils", "util", "helpers", "helper", "misc", "manager", "managers", "stuff"}


def test_nothing_lies_in_a_file_that_says_nothing() -> None:
    """A thing that has no home has a missing concept: name it."""
    assert [shown(path) for path in files() if path.suffix in {".py", ".ts", ".tsx"} and path.stem in NO_HOME] == []


def test_every_module_says_why_it_exists() -> None:
    """Red when a module opens without its sentence. (Empty package files of the tests say nothing and hold nothing.)"""
    silent = [
        shown(path)
        for path in modules("libs", "services", "deploy", "benchmarks", "tests")
        if not ast.get_docstring(parsed(path)) and (path.read_text("utf-8").strip() or "tests" not in path.parts)
    ]
    assert silent == []


@pytest.mark.parametrize("service", SERVICES)
def test_the_same_file_names_mean_the_same_in_every_service(service: str) -> None:
    folder = ROOT / "services" / service
    present = {path.name for path in folder.iterdir()}
    expected = {"__init__.py", "README.md", "main.py", "settings.py", "handlers.py", "use_cases", "domain"}
    assert expected | {"migrations", "openapi.json"} <= present
    for one_or_many in ({"api.py", "api"}, {"repository.py", "repositories"}, {"tables.py", "tables"}):
        assert one_or_many & present, f"{service} has none of {sorted(one_or_many)}"


@pytest.mark.parametrize("service", SERVICES)
def test_a_queue_its_handler_and_its_use_case_bear_one_name(service: str) -> None:
    """One search finds the whole slice. Red when a use case is renamed alone."""
    use_cases = {path.stem for path in (ROOT / "services" / service / "use_cases").glob("*.py")}
    heard = {name.split(".")[1] for name in LISTENERS if name.startswith(f"{service}.")}
    assert heard - use_cases == set()


def test_migrations_are_dated() -> None:
    found = [path for path in modules("services") if path.parent.name == "versions"]
    undated = [shown(path) for path in found if not re.fullmatch(r"\d{4}_\d{2}_\d{2}_\d{4}_\w+\.py", path.name)]
    assert found
    assert undated == []


_COMMON = ("http", "bus", "outbox", "dead_letters", "schedule", "db_pool", "provider")


def test_metrics_are_named_by_the_rule() -> None:
    """`<service>_<noun>_<unit>` (a count's unit is its noun's plural); counters end in `_total`, nothing else does. What all
    services have carries no service."""
    wrong: list[str] = []
    for path in modules("libs", "services"):
        owner = path.relative_to(ROOT).parts[1]
        for call in calls(path, "Counter", "Gauge", "Histogram", "Summary"):
            found, kind = argument(call, "name", position=0), ast.unparse(call.func)
            name = str(found.value) if isinstance(found, ast.Constant) else ""
            owned = name.startswith(_COMMON if owner == "common" else f"{owner}_")
            counted = name.endswith("_total") == (kind == "Counter")
            united = name.endswith(("s", "_total", "_ratio", "_connections_in_use"))
            if name and not (owned and counted and united):
                wrong.append(f"{shown(path)}: {kind} {name}")
    assert wrong == []


def test_log_events_are_noun_and_verb() -> None:
    """`log.info("chunk.enriched", rows=50)`: a stable name, and values beside it."""
    wrong: list[str] = []
    for path in modules("libs/common", "services"):
        for call in calls(path, "debug", "info", "warning", "error", "exception"):
            event = argument(call, "event", position=0)
            of_log = isinstance(call.func, ast.Attribute) and getattr(call.func.value, "id", "") == "log"
            name = event.value if isinstance(event, ast.Constant) else ""
            if of_log and not re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", str(name)):
                wrong.append(f"{shown(path)}:{call.lineno}: {ast.unparse(call)[:60]}")
    assert wrong == []


_TEXT = {
    ".py",
    ".md",
    ".toml",
    ".txt",
    ".yml",
    ".yaml",
    ".json",
    ".sh",
    ".cfg",
    ".ini",
    ".example",
    ".html",
    ".css",
    ".js",
    "",
}
_REGISTRIES = re.compile(
    r"pythonhosted\.org|pypi\.org/simple|registry\.(npmjs|yarnpkg)|^--(extra-)?index-url|proxy\.golang\.org",
    re.MULTILINE,
)
_SOMEBODYS_FOLDER = re.compile(
    r"(?<![\w.:/$~-])(?<!router\.put\(\")(?<!router\.delete\(\")/(home/\w|root/|Users/\w|work/|workspace/|tmp/(?!$|\W))",
    re.MULTILINE,
)


def _our_text() -> list[tuple[Path, str]]:
    here = Path(__file__).resolve()
    texts = [path for path in files() if path.suffix in _TEXT and path != here and path.stat().st_size < 5_000_000]
    return [(path, path.read_text("utf-8", "replace")) for path in texts]


def test_no_file_names_a_package_registry() -> None:
    """Where packages come from is the machine's business. Red when a lock file carries a host."""
    found = [shown(path) for path, text in _our_text() if _REGISTRIES.search(text)]
    own = {urlsplit(url).hostname or "" for name, url in os.environ.items() if name.endswith("INDEX_URL")} - {""}
    found += [shown(path) for path, text in _our_text() if any(host in text for host in own)]
    assert found == []


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    found = [(shown(path), match.group()) for path, text in _our_text() if (match := _SOMEBODYS_FOLDER.search(text))]
    assert found == []


def test_mocks_are_patched_in_the_support_of_tests_only() -> None:
    """Fakes over mocks."""
    patched = [
        shown(path)
        for path in modules("tests")
        if "support" not in path.parts and re.search(r"\bmock\.patch\b|from unittest", path.read_text("utf-8"))
    ]
    assert [name for name in patched if name != shown(Path(__file__).resolve())] == []
