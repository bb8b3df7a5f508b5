"""The tools that an assistant may use: each is one operation of the public API, of which it takes what is named there."""

from collections.abc import Mapping

from libs.common.errors import Forbidden
from services.gateway.domain.acting_tools import ACTING_TOOLS
from services.gateway.domain.callers import Caller
from services.gateway.domain.permissions import check_permitted, permission_for
from services.gateway.domain.reading_tools import READING_TOOLS
from services.gateway.domain.tool import Tool

TOOLS: tuple[Tool, ...] = (*READING_TOOLS, *ACTING_TOOLS)
BY_NAME: Mapping[str, Tool] = {tool.name: tool for tool in TOOLS}


def tools_for(caller: Caller) -> list[Tool]:
    """The tools whose operations the caller may ask for; the door decides again at each call."""
    return [tool for tool in TOOLS if _may_use(caller, tool)]


def _may_use(caller: Caller, tool: Tool) -> bool:
    permission = permission_for(tool.method, tool.path.removeprefix("/v1/"))
    if permission is None:
        return False
    try:
        check_permitted(caller, permission, operator=False)
    except Forbidden:
        return False
    return True
