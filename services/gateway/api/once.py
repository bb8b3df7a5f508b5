"""The Idempotency-Key of the gateway's own routes that make something, as `libs.common.http.idempotency` tells."""

from typing import Annotated

from fastapi import Depends, Request

from libs.common import repeats
from libs.common.http.idempotency import OptionalKey, once_of
from libs.common.repeats import canonical
from services.gateway.api.access import CurrentCaller


async def read_once(request: Request, caller: CurrentCaller, key: OptionalKey = None) -> repeats.Once:
    """The request as one that is made once, by whoever asks, in the workspace they work in."""
    said = [canonical(await request.body())]
    return once_of(request, key, workspace_id=caller.workspace_id, user_id=caller.user_id, saying=said)


Once = Annotated[repeats.Once, Depends(read_once)]
