"""API keys: each for what its maker may do, or less."""

import secrets
from dataclasses import asdict
from uuid import UUID

from fastapi import APIRouter

from libs.common.clock import utc_now
from libs.common.errors import NotFound
from libs.common.http.dependencies import Uow
from libs.common.http.problems import PROBLEM_RESPONSES
from libs.common.ids import new_id
from services.gateway.api.access import CurrentCaller
from services.gateway.api.auditing import AuditedRoute, CurrentClerk
from services.gateway.api.once import Once
from services.gateway.api.paging import Cursor, Limit, cut
from services.gateway.domain.keys import SECRET_BYTES
from services.gateway.domain.permissions import may
from services.gateway.repositories import api_keys
from services.gateway.schemas.keys import KeyOut, KeyPage, MadeKeyOut, NewKey
from services.gateway.use_cases.make_key import make_key
from services.gateway.use_cases.revoke_key import revoke_key

router = APIRouter(prefix="/v1/api-keys", tags=["API keys"], responses=PROBLEM_RESPONSES, route_class=AuditedRoute)


@router.get("")
async def list_keys(caller: CurrentCaller, uow: Uow, cursor: Cursor = None, limit: Limit = 50) -> KeyPage:
    """Your keys of this workspace, newest first; owners and admins see everybody's."""
    whose = None if may(caller.role, "members") else caller.user_id
    found = await api_keys.page(uow.conn, caller.workspace_id, user_id=whose, before=cursor, limit=limit + 1)
    page, more = cut(found, limit)
    items = [KeyOut.model_validate(asdict(one)) for one in page]
    return KeyPage(items=items, next_cursor=str(items[-1].id) if more else None)


@router.post("", status_code=201)
async def post_key(body: NewKey, caller: CurrentCaller, clerk: CurrentClerk, uow: Uow, once: Once) -> MadeKeyOut:
    """Make a key, to be sent as `Authorization: Bearer cfy_…`. It is shown now and never again.

    Repeated with its Idempotency-Key it answers with the same key's resource and `key: null`: a secret is kept nowhere, so
    that one whose answer was lost is to be revoked.

    403 `scope_exceeds_role`; 422 `expiry_passed`; 409 `too_many_keys`, `idempotency_key_reused`.
    """
    await once.begin(uow)
    made = await make_key(
        caller,
        key_id=new_id(),
        secret=secrets.token_bytes(SECRET_BYTES),
        name=body.name,
        scopes=body.scopes,
        expires_at=body.expires_at,
        now=utc_now(),
        uow=uow,
    )
    await clerk.write(uow, status=201, key_id=made.id)
    shown = await api_keys.load(uow.conn, caller.workspace_id, key_id=made.id)
    if shown is None:
        raise NotFound(f"there is no API key {made.id}", code="key_not_found")
    out = MadeKeyOut.model_validate({**asdict(shown), "key": made.key})
    await once.keep(uow, out.model_copy(update={"key": None}))
    return out


@router.delete("/{key_id}", status_code=204)
async def delete_key(key_id: UUID, caller: CurrentCaller, clerk: CurrentClerk, uow: Uow) -> None:
    """Revoke a key, from its next request on: your own, or anybody's as owner or admin. 404 `key_not_found`."""
    await revoke_key(caller, key_id, now=utc_now(), uow=uow)
    await clerk.write(uow, status=204)
