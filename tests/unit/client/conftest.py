"""A client of an API that answers as a test says, and the answers that the API's description shows."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from libs.client import client as client_module
from libs.client import refusals
from libs.client.client import Client

BASE = "http://gateway.test"


@pytest.fixture
async def client(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Client]:
    """Asks again twice at most, and at once."""
    monkeypatch.setattr(refusals, "WAITS_S", (0.01, 0.01))
    monkeypatch.setattr(client_module, "RECONNECT_S", 0.01)
    async with Client(BASE, token="key") as client:
        yield client
