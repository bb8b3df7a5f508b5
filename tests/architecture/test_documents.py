"""The documents name what is there, and a decision says all four things about itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, files, shown

PAGES = [path for path in files() if path.suffix == ".md" and path.exists()]
DECISIONS = [path for path in PAGES if path.parent.name == "adr"]
_PATH = re.compile(r"`((?:tests|docs|libs|services|deploy|benchmarks|samples)/[\w./-]+)`")
_LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_a_page_names_only_what_exists(page: Path) -> None:
    """Red when a file moves and a page still sends its readers to the old place."""
    text = page.read_text("utf-8")
    named = [ROOT / found for found in _PATH.findall(text)] + [page.parent / found for found in _LINK.findall(text)]
    assert [str(path) for path in named if not path.exists()] == []


@pytest.mark.parametrize("page", DECISIONS, ids=shown)
def test_a_decision_says_its_context_itself_its_consequences_and_what_else_was_thought_of(page: Path) -> None:
    text = page.read_text("utf-8")
    parts = re.findall(r"^\*\*(Context|Decision|Consequences|Alternatives)\.\*\*", text, re.MULTILINE)
    assert parts == ["Context", "Decision", "Consequences", "Alternatives"]
    assert len(text.splitlines()) <= 40
