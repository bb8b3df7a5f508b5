"""A catalogue as a file: JSON as the API has it, or CSV with one line per rule."""

from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import Response as RawResponse
from pydantic import ValidationError

from libs.common.errors import Invalid, TooLarge, UnsupportedMedia
from libs.common.http.dependencies import Uow
from libs.common.http.identity import CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from services.enrich.api.asked import AskedDep
from services.enrich.api.catalogue import changed
from services.enrich.domain.products.catalogue import Catalogue, Fault, faults_of
from services.enrich.domain.products.catalogue_csv import ReadSheet, from_csv, to_csv
from services.enrich.domain.products.catalogue_edits import replace_all, with_ids
from services.enrich.domain.products.catalogue_json import to_json
from services.enrich.repositories import catalogues
from services.enrich.schemas.catalogue import CatalogueModel
from services.enrich.schemas.catalogue_answers import CatalogueOut
from services.enrich.use_cases.change_catalogue import refusal

router = APIRouter(prefix="/v1/catalogue", responses=PROBLEM_RESPONSES, tags=["catalogue"])

MAX_FILE_BYTES = 4 * 1_048_576
_JSON, _CSV = "application/json", "text/csv"
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            _JSON: {"schema": {"$ref": f"#/components/schemas/{CatalogueModel.__name__}"}},
            _CSV: {"schema": {"type": "string"}},
        },
    }
}


@router.get("/export", response_class=RawResponse, responses={200: {"content": {_JSON: {}, _CSV: {}}}})
async def export_catalogue(
    identity: CurrentIdentity, uow: Uow, kind: Annotated[Literal["json", "csv"], Query(alias="format")] = "json"
) -> RawResponse:
    """Everything as a file that the import takes."""
    saved = await catalogues.newest(uow.conn, identity.workspace_id)
    catalogue = saved.catalogue if saved else Catalogue()
    body = (
        orjson.dumps(to_json(catalogue), option=orjson.OPT_INDENT_2) if kind == "json" else to_csv(catalogue).encode()
    )
    headers = {
        "Content-Disposition": f'attachment; filename="catalogue.{kind}"',
        "ETag": f'"{saved.about.version if saved else 0}"',
    }
    return RawResponse(body, media_type=_JSON if kind == "json" else f"{_CSV}; charset=utf-8", headers=headers)


@router.post("/import", openapi_extra=_FILE)
async def import_catalogue(request: Request, asked: AskedDep, uow: Uow, response: Response) -> CatalogueOut:
    """Replace everything by a file, `application/json` or `text/csv`. 422 `catalogue_invalid` names every fault."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {_JSON, _CSV}:
        raise UnsupportedMedia(f"the Content-Type is {kind!r}: send {_JSON} or {_CSV}")
    content = await _body(request)
    wanted = _read_csv(content) if kind == _CSV else _read_json(content)
    return await changed(partial(replace_all, wanted=wanted, change="Catalogue imported"), asked, uow, response)


async def _body(request: Request) -> bytes:
    content = await request.body()
    if len(content) > MAX_FILE_BYTES:
        msg = f"the file has {len(content)} bytes: at most {MAX_FILE_BYTES} are taken"
        raise TooLarge(msg)
    return content


def _read_json(content: bytes) -> Catalogue:
    try:
        told = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        msg = f"the file is no JSON: {error}"
        raise Invalid(msg, code="catalogue_invalid") from error
    return _checked(told)


def _read_csv(content: bytes) -> Catalogue:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = "the file is not UTF-8: save it as “CSV UTF-8”"
        raise Invalid(msg, code="catalogue_invalid") from error
    read = from_csv(text)
    return _checked(read.content, sheet=read)


def _checked(told: object, *, sheet: ReadSheet | None = None) -> Catalogue:
    """The same rules as for a request's body; in a sheet each fault says on which line it stands."""
    try:
        wanted = CatalogueModel.model_validate(told).told()
        faults = faults_of(replace(wanted, rules=with_ids(wanted.rules)))
    except ValidationError as error:
        faults = [Fault(tuple(one["loc"]), one["msg"]) for one in error.errors()]
    else:
        if not faults:
            return wanted
    raise refusal([replace(fault, what=fault.what + _line(fault.path, sheet)) for fault in faults])


def _line(path: tuple[int | str, ...], sheet: ReadSheet | None) -> str:
    match path:
        case (str(kind), int(place), *_) if sheet is not None and (kind, place) in sheet.lines:
            return f" (line {sheet.lines[kind, place]})"
        case _:
            return ""
