"""The few HTML pages of the sandbox."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)


def page(template: str, **values: object) -> str:
    """A page from its template; everything in it is escaped."""
    return _TEMPLATES.get_template(template).render(**values)
