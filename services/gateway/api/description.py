"""The description of the whole public API, and a page to read it on that loads nothing from outside."""

import functools
from pathlib import Path

import fastapi_offline
from fastapi import APIRouter
from starlette.responses import Response

from libs.common.errors import NotFound
from services.gateway.public_api import PATH

router = APIRouter(include_in_schema=False)

_STATIC = Path(fastapi_offline.__file__).parent / "static"
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Corofy: the API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="data:,">
</head>
<body>
<div id="page"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
_START = """SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#page",
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  persistAuthorization: false,
  validatorUrl: null,
});
"""
_FILES = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The page writes its own styles; all else is ours and nothing runs that stands in the page."""
_A_DAY = {"Cache-Control": "public, max-age=86400"}
_NO_LONGER_THAN_THIS = {"Cache-Control": "public, max-age=60"}


@functools.cache
def _read(path: Path) -> bytes:
    return path.read_bytes()


@router.get("/openapi.json")
async def get_openapi() -> Response:
    """What generated clients are made from."""
    return Response(_read(PATH), media_type="application/json", headers=_NO_LONGER_THAN_THIS)


@router.get("/docs")
async def get_docs() -> Response:
    """The same for people."""
    return Response(_PAGE, media_type="text/html", headers={"Content-Security-Policy": _POLICY})


@router.get("/docs/start.js")
async def get_start() -> Response:
    """What begins the page."""
    return Response(_START, media_type="text/javascript")


@router.get("/docs/{name}")
async def get_file(name: str) -> Response:
    """What the page is made of. 404 `route_not_found`."""
    if name not in _FILES:
        msg = "there is no such file: see /docs"
        raise NotFound(msg, code="route_not_found")
    return Response(_read(_STATIC / name), media_type=_FILES[name], headers=_A_DAY)
