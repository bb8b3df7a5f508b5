"""A problem says what every problem says, whatever else its error brings."""

from typing import Annotated

import orjson
import pytest
from fastapi import APIRouter, FastAPI
from httpx import ASGITransport, AsyncClient
from pydantic import BaseModel, StringConstraints, field_validator

from libs.common.errors import Conflict
from libs.common.http.problems import install_problem_handlers, problem_of


def test_no_member_of_an_error_replaces_one_that_every_problem_has() -> None:
    """Red when a `status` that an error brings stands where clients look for the HTTP status."""
    error = Conflict("no", code="taken", extra={"status": "past_due", "code": "x", "title": "x", "left": 3})

    body = orjson.loads(problem_of(error).body)

    assert body == {"type": "about:blank", "title": "Taken", "status": 409, "code": "taken", "detail": "no", "left": 3}


class _Body(BaseModel):
    name: Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")] = ""
    sender: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")] = ""
    share: float = 0

    @field_validator("share")
    @classmethod
    def _part(cls, share: float) -> float:
        if share > 1:
            raise ValueError("more than every call cannot fail")
        return share


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"name": "a\0b"}, "It holds a NUL character: take it out"),
        ({"sender": "Ann\nLee"}, "It holds a line break or another control character: take it out"),
        ({"share": 2}, "more than every call cannot fail"),
        ({"name": 3}, "Input should be a valid string"),
    ],
)
async def test_what_is_wrong_with_a_body_is_said_without_patterns_and_names_of_errors(
    body: dict[str, object], said: str
) -> None:
    """Red when a person is shown a regular expression or a Python error."""
    app = FastAPI()
    install_problem_handlers(app)

    @app.post("/")
    async def take(_: _Body) -> None:  # pyright: ignore[reportUnusedFunction]
        return None

    async with AsyncClient(transport=ASGITransport(app), base_url="http://here") as client:
        problem = (await client.post("/", json=body)).json()

    assert [one["what"] for one in problem["errors"]] == [said]


async def test_a_method_that_a_path_does_not_take_is_refused_with_all_that_it_takes() -> None:
    """Red when `Allow` names the methods of the first route of the path alone, of other paths, or of what is not described."""
    app, router = FastAPI(), APIRouter(prefix="/things")
    install_problem_handlers(app)

    @router.get("/{name}")
    async def show(name: str) -> str:  # pyright: ignore[reportUnusedFunction]
        return name

    @router.delete("/{name}")
    async def remove(name: str) -> str:  # pyright: ignore[reportUnusedFunction]
        return name

    @router.get("/first")
    async def first() -> None:  # pyright: ignore[reportUnusedFunction]
        return None

    @router.post("/{name}", include_in_schema=False)
    async def instead(name: str) -> str:  # pyright: ignore[reportUnusedFunction]
        return name

    @router.post("")
    async def make() -> None:  # pyright: ignore[reportUnusedFunction]
        return None

    app.include_router(router)

    async with AsyncClient(transport=ASGITransport(app), base_url="http://here") as client:
        refused = [await client.put(f"/things/{name}") for name in ("one", "first")]

    assert [(one.status_code, one.headers["Allow"]) for one in refused] == [(405, "DELETE, GET"), (405, "GET")]
