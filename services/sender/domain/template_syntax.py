"""The part of Jinja2 that templates may use: fields, alternatives, a few filters. No loops, calls, imports or arithmetic."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from libs.common.errors import Invalid
from services.sender.domain.spintax import Group, SpintaxError, choices, literal, spin
from services.sender.domain.template_faults import say_forbidden, say_syntax
from services.sender.domain.template_fields import SHEET

MAX_DEPTH = 60
"""Of expressions and `{% if %}` in each other: Python itself cannot compile what nests much deeper."""

_FILTERS = frozenset({"trim", "lower", "upper", "title", "capitalize", "default", "escape", "e"})
_NODES = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.Or,
    nodes.And,
    nodes.Not,
    nodes.Compare,
    nodes.Operand,
    nodes.Filter,
)


class _Environment(ImmutableSandboxedEnvironment):
    """`fields["…"]` is a column or an error, never an attribute of the mapping."""

    def __init__(self, *, html: bool) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=html, keep_trailing_newline=True)
        self.globals = {}
        self.filters = {name: self.filters[name] for name in _FILTERS}
        self.tests = {}

    def getitem(self, obj: Any, argument: Any) -> Any:
        try:
            return obj[argument]
        except (LookupError, TypeError):
            return self.undefined(obj=obj, name=argument)


_TEXT = _Environment(html=False)
_HTML = _Environment(html=True)


@dataclass(frozen=True)
class Names:
    """What a template names: fields, and columns by their headers."""

    fields: frozenset[str]
    headers: frozenset[str]


@dataclass(frozen=True)
class Compiled:
    """A part of a template, ready to be filled in."""

    template: Template
    groups: tuple[Group, ...]

    def fill(self, values: Mapping[str, object], *, seed: str) -> str:
        """Its words for these values. Raises TemplateError where one is missing."""
        return self.template.render(values, **choices(self.groups, seed=seed))


@lru_cache(maxsize=1024)
def read_names(part: str, words: str) -> Names:
    """What a part names. Raises Invalid (`template_invalid`) for syntax outside the safe part."""
    try:
        names = _walk(part, _TEXT.parse(words))
        compiled(words, html=part == "html")
    except RecursionError as error:
        raise broken(part, f"it nests more than {MAX_DEPTH} levels deep") from error
    except TemplateSyntaxError as error:
        raise broken(part, say_syntax(error, words)) from error
    except (TemplateError, SpintaxError, SyntaxError) as error:
        raise broken(part, str(error)) from error
    return names


@lru_cache(maxsize=1024)
def compiled(words: str, *, html: bool) -> Compiled:
    """A part that `read_names` has found safe."""
    environment = _HTML if html else _TEXT
    spun = spin(words, environment=environment)
    tree = environment.parse(spun.source)
    for node in tree.find_all(nodes.TemplateData):
        node.data = literal(node.data)
    return Compiled(environment.from_string(tree), spun.groups)


def broken(part: str, why: str) -> Invalid:
    """A template that cannot be used."""
    return Invalid(f"the {part} of the template: {why}", code="template_invalid")


def _walk(part: str, tree: nodes.Template) -> Names:
    fields, headers = set[str](), set[str]()
    level: list[nodes.Node] = [tree]
    for _ in range(MAX_DEPTH):
        below: list[nodes.Node] = []
        for node in level:
            if (header := _header(node)) is not None:
                headers.add(header)
                continue
            _check(part, node)
            if isinstance(node, nodes.Name):
                fields.add(node.name)
            below += node.iter_child_nodes()
        level = below
    if level:
        raise broken(part, f"it nests more than {MAX_DEPTH} levels deep")
    return Names(frozenset(fields), frozenset(headers))


def _header(node: nodes.Node) -> str | None:
    match node:
        case nodes.Getitem(node=nodes.Name(name=name), arg=nodes.Const(value=str(header))) if name == SHEET:
            return header
        case _:
            return None


def _check(part: str, node: nodes.Node) -> None:
    match node:
        case nodes.Filter() if node.name not in _FILTERS:
            raise broken(part, f"there is no filter {node.name!r}; there are: {', '.join(sorted(_FILTERS))}")
        case nodes.Name() if node.name == SHEET:
            raise broken(part, f'a column of the sheet is {SHEET}["its header"]')
        case nodes.Name() if node.name.startswith("_"):
            raise broken(part, f"there is no field {node.name}: names of fields begin with a letter")
        case _ if not isinstance(node, _NODES):
            raise broken(part, say_forbidden(node))
        case _:
            return
