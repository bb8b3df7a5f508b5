"""Logs hide secrets and name the message in hand; a trace runs through us unchanged."""

from __future__ import annotations

import json
import logging
from uuid import UUID

import pytest

from libs.common.clock import utc_now
from libs.common.contracts.envelope import Envelope
from libs.common.ids import new_id
from libs.common.logs import configure_logs, get_logger
from libs.common.messaging.delivery import handling
from libs.common.tracing import trace_headers, within_trace
from libs.common.uow import Message

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def _lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_log_line_has_no_secret_and_keeps_counts_of_tokens(capsys: pytest.CaptureFixture[str]) -> None:
    """Red when a key that names a secret is shown, or when `tokens_in` is taken for one."""
    configure_logs(service="test")
    get_logger().warning("thing.done", api_key="k", access_token="t", smtp_password="p", tokens_in=12, rows=50)
    (line,) = _lines(capsys)
    assert (line["api_key"], line["access_token"], line["smtp_password"]) == ("***", "***", "***")
    assert (line["tokens_in"], line["rows"], line["event"], line["service"]) == (12, 50, "thing.done", "test")


def test_the_lines_of_libraries_take_the_same_form_and_access_logs_are_off(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(service="test")
    logging.getLogger("somebody.else").info("Started")
    logging.getLogger("uvicorn.access").info("GET /")
    assert [line["event"] for line in _lines(capsys)] == ["Started"]


def test_what_is_logged_while_a_message_is_in_hand_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(service="test")
    envelope = Envelope(
        id=new_id(), type="a.b.c", version=1, source="a", occurred_at=utc_now(), correlation_id=UUID(int=5), data={}
    )
    with handling(Message("a.consumer", envelope)):
        get_logger().info("thing.done")
    (line,) = _lines(capsys)
    assert (line["queue"], line["message_id"]) == ("a.consumer", str(envelope.id))
    assert line["correlation_id"] == str(UUID(int=5))


def test_a_trace_is_carried_on_and_nonsense_is_not() -> None:
    """Red when a header of a stranger's making goes on into events and other services."""
    with within_trace(TRACE):
        assert trace_headers() == {"traceparent": TRACE}
        with within_trace("x" * 4000):
            assert trace_headers() == {}
        with within_trace(None):
            assert trace_headers() == {}
    assert trace_headers() == {}
