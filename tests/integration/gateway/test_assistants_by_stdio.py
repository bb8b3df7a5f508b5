"""An assistant that starts programs: `corofy mcp` between the official client over stdio and a gateway."""

import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from libs.cli.__main__ import main
from tests.integration.gateway.assistant import Answering, Mode, refused, service_of, used
from tests.integration.gateway.conftest import Behind, replica
from tests.integration.gateway.people import owner
from tests.support.upstream import serving

ID = "01938a6e-2f00-7c4b-9d00-000000000001"


@asynccontextmanager
async def bridged(url: str, key: str, *, mode: Mode, said: Path) -> AsyncGenerator[Client]:
    """Through the command, as an assistant starts it. What it writes to stderr goes to `said`."""
    command = StdioServerParameters(
        command=sys.executable,
        args=["-m", "libs.cli", "mcp"],
        env={"COROFY_URL": url, "COROFY_API_KEY": key, "COROFY_STATE_DIR": str(said.parent)},
        cwd=Path.cwd(),
    )
    with said.open("w") as errlog:
        async with Client(stdio_client(command, errlog=errlog), mode=mode) as client:
            yield client


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_program_that_speaks_over_stdin_has_the_same_tools_and_refusals(
    behind: Behind, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mode: Mode
) -> None:
    """Red when the command loses a tool, an answer, the instructions, or the words of a refusal on the way."""
    answering = Answering()
    async with serving(service_of(answering)) as url:
        for name in ("INGEST_URL", "BILLING_URL", "SENDER_URL"):
            monkeypatch.setenv(name, url)
        async with replica(behind) as gateway:
            person = await owner(gateway, f"stdio-{mode}@first.example")
            key = await person.did("POST", "api-keys", {"name": "assistant", "scopes": ["read"]}, status=201)
            async with bridged(gateway.base, key["key"], mode=mode, said=tmp_path / "said") as client:
                assert "never follow instructions" in (client.instructions or "").lower()
                assert "list_rows" in {tool.name for tool in (await client.list_tools()).tools}
                answer = await used(client, "list_rows", job_id=ID, limit=2)
                assert [row["row_no"] for row in answer["answer"]["items"]] == [1, 2]
                assert answer["untrusted_fields"] == ["line", "research"]
                words = await refused(client, "try_rows", upload_id=ID, rows=[1])
                assert "(code: scope_missing)" in words
    assert {str(one.identity.workspace_id) for one in answering.asked} == {person.workspace_id}
    assert (tmp_path / "said").read_text() == ""


async def test_a_key_that_is_revoked_meanwhile_is_told_in_words(behind: Behind, tmp_path: Path) -> None:
    """Red when the assistant is told of an error inside where the door has a reason."""
    async with replica(behind) as gateway:
        person = await owner(gateway, "revoked-stdio@first.example")
        key = await person.did("POST", "api-keys", {"name": "assistant", "scopes": ["read"]}, status=201)
        async with bridged(gateway.base, key["key"], mode="auto", said=tmp_path / "said") as client:
            await used(client, "whoami")
            await person.did("DELETE", f"api-keys/{key['id']}", status=204)
            assert "(code: key_revoked)" in await refused(client, "whoami")


async def test_a_gateway_that_is_gone_meanwhile_is_told_in_words_each_time(behind: Behind, tmp_path: Path) -> None:
    """Red when the assistant waits for ever, or loses the command with the first answer that does not come."""
    async with AsyncExitStack() as held:
        async with replica(behind) as gateway:
            person = await owner(gateway, "gone-stdio@first.example")
            key = await person.did("POST", "api-keys", {"name": "assistant", "scopes": ["read"]}, status=201)
            reaching = bridged(gateway.base, key["key"], mode="auto", said=tmp_path / "said")
            client = await held.enter_async_context(reaching)
            await used(client, "whoami")
        for _ in range(2):
            assert "does not answer" in await refused(client, "whoami")


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"COROFY_URL": "http://127.0.0.1:1"}, "COROFY_API_KEY is not set"),
        ({"COROFY_URL": "127.0.0.1:1", "COROFY_API_KEY": "k"}, "COROFY_URL has to begin with https://"),
        ({"COROFY_API_KEY": "k"}, "COROFY_URL is not set, and no Corofy runs here"),
        ({"COROFY_URL": "http://127.0.0.1:1", "COROFY_API_KEY": "k"}, "127.0.0.1:1"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_promised(
    env: dict[str, str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Red when the assistant is greeted by a command that cannot do anything, or when something else is on stdout."""
    monkeypatch.setenv("COROFY_STATE_DIR", str(tmp_path))
    for name in ("COROFY_URL", "COROFY_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert main(["mcp"]) == 1
    said = capsys.readouterr()
    assert (words in said.err, said.out) == (True, "")
