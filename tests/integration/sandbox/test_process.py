"""The sandbox as it is started in earnest: its own process, uvloop, a folder for the mail."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import httpx
import pytest

from tests.support.waiting import PATIENCE_S


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def _started(folder: Path, smtp_port: int) -> AsyncGenerator[httpx.AsyncClient]:
    port = _free_port()
    environment = os.environ | {"SANDBOX_SMTP_PORT": str(smtp_port), "SANDBOX_DATA_DIR": str(folder)}
    command = (sys.executable, "-m", "uvicorn", "deploy.sandbox.app:app", "--port", str(port), "--log-level", "error")
    process = await asyncio.create_subprocess_exec(*command, env=environment)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
            await _until_well(http)
            yield http
    finally:
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE_S):
            await process.wait()


async def _until_well(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                await http.get("/healthz")
            except httpx.ConnectError:
                await asyncio.sleep(0.05)
            else:
                return


def _mail(subject: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "me@corofy.example", "ada@x.example", subject
    mail.set_content("Hello.")
    return mail


async def test_mail_outlives_a_restart_and_a_dropped_connection(tmp_path: Path) -> None:
    smtp_port = _free_port()
    async with _started(tmp_path, smtp_port) as http:
        await aiosmtplib.send(_mail("kept"), hostname="127.0.0.1", port=smtp_port)
        await http.put("/dials", json={"smtp": {"mode": "drop_accepted"}})
        with pytest.raises(aiosmtplib.SMTPServerDisconnected):
            await aiosmtplib.send(_mail("kept without a word"), hostname="127.0.0.1", port=smtp_port)
    async with _started(tmp_path, smtp_port) as http:
        items = (await http.get("/inbox/api/messages")).json()["items"]
        assert [item["subject"] for item in items] == ["kept", "kept without a word"]
