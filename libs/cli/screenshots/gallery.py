"""`docs/screenshots`: the pictures in place of those of before, and a page that shows them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from libs.cli.screenshots.views import SIZES, THEMES, View, Width, file_of, pictures_of, views

_SHOWN: dict[Width, int] = {"wide": 560, "narrow": 200}
_HEAD = """# The web app in pictures

Every page, light and dark, at {sizes} px, of a workspace that was made for them: a sample list, the sandbox for the world
outside. `./corofy web screenshots` makes them anew, and this page with them.
"""


def make(folder: Path) -> Path:
    """A folder that the servers' unprivileged user may pass through."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    return folder


def megabytes(folder: Path) -> float:
    """What the pictures take."""
    return sum(file.stat().st_size for file in folder.glob("*.webp")) / 1e6


def put_in_order(folder: Path) -> None:
    """Takes away the pictures of pages that are no more, and writes README.md, by page."""
    wanted = {file for view in views() for file in pictures_of(view.name)}
    for file in folder.glob("*.webp"):
        if file.name not in wanted:
            file.unlink()
    sizes = " and ".join(f"{width}×{height}" for width, height in SIZES.values())
    (folder / "README.md").write_text(_HEAD.format(sizes=sizes) + "".join(_section(view) for view in views()))


def _section(view: View) -> str:
    rows = "".join(f"\n{_row(view, width)}\n" for width in SIZES)
    return f"\n## {_title(view)}\n{rows}"


def _title(view: View) -> str:
    part = view.name.replace("-", " ")
    return f"{part[:1].upper()}{part[1:]}"


def _row(view: View, width: Width) -> str:
    return " ".join(
        f'<img src="{file_of(view.name, theme, width)}" width="{_SHOWN[width]}" alt="{_title(view)}, {theme}, {width}">'
        for theme in THEMES
    )


def chosen(names: Sequence[str]) -> list[View]:
    """The views of these names; all of them where none is named. Raises KeyError for a name that none has."""
    known = {view.name: view for view in views()}
    return [known[name] for name in names] if names else list(known.values())
