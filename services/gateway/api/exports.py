"""Take a whole workspace away, as one archive."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import StreamingResponse

from libs.common.clock import utc_now
from libs.common.errors import Transient
from libs.common.http.dependencies import OpenUowDep, Uow
from libs.common.http.exporting import PATH
from libs.common.http.identity import IDENTITY_HEADER, Identity, sign_identity
from libs.common.http.problems import PROBLEM_RESPONSES
from libs.common.http.streams import HeldStream
from libs.common.telling import tell
from services.gateway.api.access import CurrentCaller, CurrentResources, identity_of
from services.gateway.api.auditing import AuditedRoute, CurrentClerk
from services.gateway.belongings import BELONGINGS
from services.gateway.clients.services import Answer, Services
from services.gateway.use_cases.export_workspace import export_workspace

router = APIRouter(prefix="/v1/workspace", tags=["workspaces"], responses=PROBLEM_RESPONSES, route_class=AuditedRoute)

_OK, _NOT_FOUND = 200, 404
_TOLD_BY = ("ingest", "enrich", "billing", "sender")
_ZIP = {"application/zip": {"schema": {"type": "string", "format": "binary"}}}


@dataclass(frozen=True)
class _Inside:
    """Asks services for what they have. Each request is signed when it is sent: an export takes longer than a signature holds."""

    services: Services
    identity: Identity
    secret: str

    async def ask(self, service: str, path: str) -> Answer:
        signed = sign_identity(self.identity, secret=self.secret, now=utc_now())
        headers = [
            (IDENTITY_HEADER.lower().encode(), signed.encode()),
            (b"x-request-id", self.identity.request_id.encode("latin-1")),
            (b"accept-encoding", b"identity"),
        ]
        return await self.services.forward(
            service, method="GET", raw_path=path.encode(), query=b"", headers=headers, body=None
        )


@router.get("/export", response_class=StreamingResponse, responses={200: {"content": _ZIP}})
async def get_export(
    request: Request,
    caller: CurrentCaller,
    clerk: CurrentClerk,
    resources: CurrentResources,
    uow: Uow,
    open_uow: OpenUowDep,
) -> HeldStream:
    """Everything that there is of the workspace, but for its secrets, as a ZIP archive (owners): a line of JSON for each row,
    the uploads as they came, and last a `manifest.json` with how many rows there are.

    It is written while it is read. One that breaks off has no manifest, and no list of its files: programs say that it is
    damaged; ask again. It has an hour. 429 `export_under_way` while another of the workspace is read, `too_many_exports` while
    others' are; 503 `service_unavailable` where a service is away at the beginning.
    """
    inside = _Inside(
        resources.services, identity_of(caller, request), resources.settings.internal_secret.get_secret_value()
    )
    async with contextlib.AsyncExitStack() as stack:
        resources.exports.enter(caller.workspace_id)
        stack.callback(resources.exports.leave, caller.workspace_id)
        answers = {service: await _open(inside, service, stack) for service in _TOLD_BY}
        await clerk.write(uow)
        held = stack.pop_all()
    ours = tell(BELONGINGS, workspace_id=caller.workspace_id, open_uow=open_uow)
    sources = {"gateway": ours, **{service: answer.parts() for service, answer in answers.items()}}
    archive = export_workspace(
        caller.workspace_id, sources, open_file=lambda upload_id: _file(inside, upload_id), now=utc_now()
    )
    name = f"workspace-{caller.workspace_id}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    for source in (ours, archive):
        held.push_async_callback(source.aclose)
    return HeldStream(archive, held=held, media_type="application/zip", headers=headers)


async def _open(inside: _Inside, service: str, stack: contextlib.AsyncExitStack) -> Answer:
    answer = await inside.ask(service, PATH)
    stack.push_async_callback(answer.close)
    if answer.status != _OK:
        msg = f"{service} cannot tell what it has right now ({answer.status}): try again in a moment"
        raise Transient(msg, code="service_unavailable")
    return answer


async def _file(inside: _Inside, upload_id: UUID) -> AsyncIterator[bytes] | None:
    answer = await inside.ask("ingest", f"{PATH}/uploads/{upload_id}")
    if answer.status == _OK:
        return _closed(answer)
    await answer.close()
    if answer.status == _NOT_FOUND:
        return None
    msg = f"ingest cannot give the file of upload {upload_id} ({answer.status}): ask for the export again"
    raise Transient(msg, code="export_broken_off")


async def _closed(answer: Answer) -> AsyncIterator[bytes]:
    try:
        async for piece in answer.parts():
            yield piece
    finally:
        await answer.close()
