"""What axe finds wrong with a page as it stands: WCAG 2.2 AA and its own good practice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.async_api import Page

_AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
_AT_REST = """async () => {
    for (let quiet = 0; quiet < 3; quiet += 1) {
        await new Promise(requestAnimationFrame);
        if (document.getAnimations().some((one) => one instanceof CSSTransition)) quiet = 0;
    }
}"""
"""Half of a change of colour is no colour of ours."""
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


async def violations(page: Page) -> list[str]:
    """In light and dark, whatever is open on the page with it."""
    found = list[str]()
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(_AXE.read_text())
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        await page.evaluate(_AT_REST)
        found += [f"{scheme}: {line}" for line in await _violations(page)]
    return found


async def assert_open_to_all(page: Page) -> None:
    """For dialogs and panels: call it when one is open and has what it shows."""
    found = await violations(page)
    assert not found, "\n".join(found)


async def _violations(page: Page) -> list[str]:
    found: dict[str, Any] = await page.evaluate(
        "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", _RULES
    )
    return [
        f"{one['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
