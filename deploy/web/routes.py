"""The pages of the web app as its sources name them: what shows, tries or photographs every page need not build it first."""

from __future__ import annotations

from pathlib import Path

from deploy.web.source import Source


def routes(app: Path | None = None) -> list[str]:
    """The path of each page, as a browser asks for it. Folders in brackets only group."""
    folder = app or Source().root / "src" / "app"
    return sorted(_route_of(page.parent.relative_to(folder)) for page in folder.rglob("page.tsx"))


def _route_of(folder: Path) -> str:
    return "/" + "/".join(part for part in folder.parts if not part.startswith("("))
