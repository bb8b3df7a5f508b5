"""`docs/screenshots` shows every page: `./corofy web screenshots` makes the pictures and the page that lists them."""

from __future__ import annotations

import re
from pathlib import Path

from deploy.web.routes import routes
from libs.cli.screenshots.views import name_of, pictures_of, views

PICTURES = Path(__file__).parents[2] / "docs" / "screenshots"
WEBP = (b"RIFF", b"WEBP")


def test_every_page_has_its_pictures() -> None:
    """Red when a page is added and not photographed: run ./corofy web screenshots."""
    missing = [file for path in routes() for file in pictures_of(name_of(path)) if not (PICTURES / file).exists()]
    assert missing == []


def test_no_picture_is_of_a_page_that_is_gone() -> None:
    """Red when a page is renamed and its former pictures stay."""
    there = {file.name for file in PICTURES.iterdir() if file.name != "README.md"}
    assert there == {file for view in views() for file in pictures_of(view.name)}


def test_the_pictures_are_listed_and_are_pictures() -> None:
    """Red when the page that shows them misses one, or a file is no picture."""
    listed = set(re.findall(r'src="([^"]+)"', (PICTURES / "README.md").read_text()))
    assert listed == {file.name for file in PICTURES.glob("*.webp")}
    heads = {file.name: file.read_bytes()[:12] for file in PICTURES.glob("*.webp")}
    assert [name for name, head in heads.items() if (head[:4], head[8:]) != WEBP] == []
