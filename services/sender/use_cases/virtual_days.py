"""Where days to come are run: in one thread of the process, one request after the other, so that asking slows no sending."""

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")
_ONE = ThreadPoolExecutor(max_workers=1, thread_name_prefix="virtual-days")


async def run_virtual_days(ask: Callable[_P, _T], *args: _P.args, **more: _P.kwargs) -> _T:
    """Run `ask` when those before it are done. To be called without a connection in hand: it may take seconds."""
    return await asyncio.get_running_loop().run_in_executor(_ONE, functools.partial(ask, *args, **more))
