"""Who asks for a change of the catalogue, on which version, and under which key: the headers of such a request."""

import hashlib
import re
from typing import Annotated

from fastapi import Depends, Header, Request, Response

from libs.common.errors import Invalid
from libs.common.http.identity import CurrentIdentity
from services.enrich.repositories.catalogues import Click
from services.enrich.use_cases.change_catalogue import Asked

_ETAG = re.compile(r'(?:W/)?"(\d{1,9})"')


async def asked_by(
    request: Request,
    identity: CurrentIdentity,
    if_match: Annotated[str | None, Header(alias="If-Match", max_length=200)] = None,
    idempotency_key: Annotated[str | None, Header(alias="Idempotency-Key", max_length=200)] = None,
) -> Asked:
    """Raises Invalid `if_match_malformed` for something that is no version of ours. `*` is any version."""
    click = None
    if idempotency_key:
        digest = hashlib.sha256(b"\0".join([request.method.encode(), request.url.path.encode(), await request.body()]))
        click = Click(idempotency_key, digest.hexdigest())
    expected = None if if_match in {None, "*"} else _version(if_match or "")
    return Asked(identity.workspace_id, identity.user_id, expected=expected, click=click)


AskedDep = Annotated[Asked, Depends(asked_by)]


def tag(response: Response, version: int) -> None:
    """Say which version an answer shows."""
    response.headers["ETag"] = f'"{version}"'


def _version(if_match: str) -> int:
    found = _ETAG.fullmatch(if_match.strip())
    if found is None:
        msg = f'If-Match is {if_match!r}: send the ETag of the catalogue you changed, such as "7"'
        raise Invalid(msg, code="if_match_malformed")
    return int(found[1])
