"""Which pages the sources hold."""

from __future__ import annotations

from pathlib import Path

from deploy.web.routes import routes


def test_a_page_is_found_by_its_folder_and_groups_are_none_of_its_path(tmp_path: Path) -> None:
    """Red when a page is missed, or is looked for where nobody can open it."""
    for folder in ("(app)", "(app)/settings/api-keys", "(auth)/sign-in"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "page.tsx").touch()
    (tmp_path / "(app)" / "settings" / "layout.tsx").touch()
    assert routes(tmp_path) == ["/", "/settings/api-keys", "/sign-in"]
