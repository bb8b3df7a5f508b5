"""Mailboxes that are connected with Google or Microsoft, without a password."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse

from libs.common.errors import Invalid
from libs.common.http.dependencies import OpenUowDep, Uow
from libs.common.http.idempotency import Once
from libs.common.http.identity import AdminIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.sender.api.resources import CurrentResources
from services.sender.schemas.consents import ConsentIn, ConsentOut, ReturnIn
from services.sender.schemas.mailboxes import MailboxOut
from services.sender.use_cases.ask_consent import ConsentWish, ask_consent
from services.sender.use_cases.take_consent import Return, take_consent

router = APIRouter(tags=["mailboxes"], responses=PROBLEM_RESPONSES)

_Brought = Annotated[str, Query(max_length=4000)]


@router.post("/v1/mailboxes/oauth/start")
async def start(body: ConsentIn, identity: AdminIdentity, uow: Uow, resources: CurrentResources) -> ConsentOut:
    """Where to send the person. They come back to the web app with `state` and `code`, which `/finish` takes.

    409 `oauth_off`, `sealing_off`, `signs_in_elsewhere`.
    """
    wish = ConsentWish(body.provider, body.address or "", body.name or "", body.mailbox_id)
    now = await resources.clock(uow.conn)
    url = await ask_consent(wish, uow=uow, workspace_id=identity.workspace_id, desk=resources.office.desk, now=now)
    return ConsentOut(url=url)


@router.post("/v1/mailboxes/oauth/finish", status_code=201)
async def finish(
    body: ReturnIn, identity: AdminIdentity, open_uow: OpenUowDep, resources: CurrentResources, once: Once
) -> MailboxOut:
    """What the provider gave becomes a mailbox, for the workspace that asked and nobody else. It serves once.

    409 `consent_over`, `consent_revoked`, `consent_incomplete`, `another_account`, `mailboxes_reached`,
    `idempotency_key_reused`; 422 `state_invalid`.
    """
    brought = Return(body.state.get_secret_value(), body.code.get_secret_value())
    await once.look(open_uow)
    made = await take_consent(
        brought,
        open_uow=open_uow,
        workspace_id=identity.workspace_id,
        desk=resources.office.desk,
        mailroom=resources.office.opener.mailroom,
        record=once.recording(MailboxOut.of),
    )
    return MailboxOut.of(made)


@router.get("/v1/oauth/callback", status_code=303, response_class=RedirectResponse, openapi_extra={"security": []})
async def come_back(
    resources: CurrentResources, state: _Brought = "", code: _Brought = "", error: _Brought = ""
) -> RedirectResponse:
    """Where Google and Microsoft send people back to: on to the web app, which finishes as whoever is signed in there.

    Behind a #, so that no server on the way writes the code down. 422 `state_invalid`.
    """
    resources.office.desk.consent_of(state)
    if not code and not error:
        raise Invalid("the provider sent neither a code nor an error: connect the mailbox again", code="state_invalid")
    brought = {"state": state, "code": code} if code else {"state": state, "error": error[:100]}
    page = f"{resources.office.app_base_url}/mailboxes/connect#{urlencode(brought)}"
    return RedirectResponse(page, status_code=303, headers={"Referrer-Policy": "no-referrer"})
