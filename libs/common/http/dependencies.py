"""What routes ask for: the unit of work (committed before the answer is sent), the platform, the service's resources."""

from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import Depends, Request

from libs.common.platform import Platform
from libs.common.uow import UnitOfWork, UnitOfWorkFactory


def platform_of(request: Request) -> Platform:
    """The platform of this process."""
    platform = request.app.state.platform
    assert isinstance(platform, Platform)
    return platform


def uow_factory(request: Request) -> UnitOfWorkFactory:
    """For routes whose use case needs more than one transaction."""
    return platform_of(request).open_uow


async def one_uow(request: Request) -> AsyncGenerator[UnitOfWork]:
    """One transaction for the request."""
    async with platform_of(request).open_uow() as uow:
        yield uow


async def _platform(request: Request) -> Platform:
    """A coroutine: a plain function would be called in a thread, which takes longer than all that it does."""
    return platform_of(request)


async def _open_uow(request: Request) -> UnitOfWorkFactory:
    return uow_factory(request)


CurrentPlatform = Annotated[Platform, Depends(_platform)]
OpenUowDep = Annotated[UnitOfWorkFactory, Depends(_open_uow)]
Uow = Annotated[UnitOfWork, Depends(one_uow, scope="function")]
"""`scope="function"` commits before the answer is sent; FastAPI's default commits after it."""
