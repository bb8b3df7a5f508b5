"""The alerts as Prometheus reads them: its own tool checks the files, and plays what each alert is for.

The tool is Debian's, unpacked into the state folder; without apt the tests are skipped and say so.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.state import default_path
from tests.architecture.tree import ROOT

FOLDER = ROOT / "deploy/prometheus"


@dataclass(frozen=True)
class Story:
    """Series from minute 0 on, in promtool's notation; when the alert is still quiet, when it fires, with which labels."""

    series: Mapping[str, str]
    quiet_at: str
    fires_at: str
    labels: Mapping[str, str]
    value: str = "1"
    """What it says where its text gives the value."""


STORIES = {
    "ServiceAway": Story(
        {'up{job="enrich", instance="a"}': "1x2 0x10", 'up{job="enrich", instance="b"}': "1x12"},
        quiet_at="4m",
        fires_at="6m",
        labels={"job": "enrich", "instance": "a"},
    ),
    "OutboxLagging": Story(
        {
            'outbox_lag_seconds{service="ingest", instance="a"}': "0x2 130x20",
            'outbox_lag_seconds{service="ingest", instance="b"}': "0x22",
            'outbox_lag_seconds{service="billing"}': "100x22",
        },
        quiet_at="7m",
        fires_at="9m",
        labels={"service": "ingest"},
    ),
    "DeadLetters": Story(
        {'dead_letters_total{queue="enrich.enrich_chunk"}': "0x4 1x20", 'dead_letters_total{queue="other"}': "3x24"},
        quiet_at="4m",
        fires_at="6m",
        labels={"queue": "enrich.enrich_chunk"},
    ),
    "ScheduleStalled": Story(
        {
            'schedule_last_success_timestamp_seconds{service="sender", schedule="plan", instance="a"}': "0x130",
            'schedule_last_success_timestamp_seconds{service="sender", schedule="sweep", instance="a"}': "0x130",
            'schedule_last_success_timestamp_seconds{service="sender", schedule="sweep", instance="b"}': "0+60x130",
        },
        quiet_at="119m",
        fires_at="121m",
        labels={"service": "sender", "schedule": "plan"},
    ),
    "StripeEventsWait": Story(
        {"billing_stripe_oldest_unapplied_seconds": "0x2 600+60x20"}, quiet_at="7m", fires_at="10m", labels={}
    ),
    "StripeEventsRefused": Story(
        {"billing_stripe_refused_events": "0x2 1x20"}, quiet_at="7m", fires_at="9m", labels={}
    ),
    "StripeWebhooksMissing": Story(
        {"billing_stripe_repaired_total": "0x4 3x20"}, quiet_at="4m", fires_at="6m", labels={}
    ),
    "StripeWebhooksRejected": Story(
        {
            'billing_stripe_rejected_total{code="stripe_signature_invalid"}': "0x4 20x20",
            'billing_stripe_rejected_total{code="too_large"}': "0x24",
        },
        quiet_at="4m",
        fires_at="6m",
        labels={"code": "stripe_signature_invalid"},
    ),
    "LedgerDiffers": Story({"billing_differing_accounts": "0x2 1x20"}, quiet_at="2m", fires_at="4m", labels={}),
    "LedgerNotProven": Story(
        {"billing_proven_timestamp_seconds": "0x2300"}, quiet_at="2189m", fires_at="2192m", labels={}
    ),
    "AuditEntriesLost": Story(
        {"gateway_lost_audit_entries_total": "0x10 0+1x20"}, quiet_at="9m", fires_at="13m", labels={}
    ),
    "MailsWait": Story({"gateway_waiting_mails": "0x2 1x90"}, quiet_at="62m", fires_at="64m", labels={}),
    "ErasureStandsStill": Story(
        {"gateway_oldest_open_erasure_seconds": "0x2 86401x30"}, quiet_at="11m", fires_at="14m", labels={}
    ),
    "DeletionStandsStill": Story(
        {"gateway_oldest_open_deletion_seconds": "0x2 86401x30"}, quiet_at="11m", fires_at="14m", labels={}
    ),
    "WebhooksWait": Story(
        {"gateway_webhook_oldest_due_seconds": "0x2 301x20"}, quiet_at="7m", fires_at="9m", labels={}
    ),
    "TopUpsFail": Story(
        {'billing_top_ups_total{state="failed"}': "0+0x10 0+1x50", 'billing_top_ups_total{state="paid"}': "0+9x60"},
        quiet_at="13m",
        fires_at="20m",
        labels={},
    ),
    "HoldsOverdue": Story({"billing_overdue_holds": "0x2 1x20"}, quiet_at="7m", fires_at="9m", labels={}),
    "StripeFailing": Story(
        {
            'billing_stripe_calls_total{call="prices.retrieve", outcome="answered"}': "0+7x40",
            'billing_stripe_calls_total{call="prices.retrieve", outcome="failed"}': "0+1x4 4+5x36",
            'billing_stripe_calls_total{call="top_ups.pay", outcome="refused"}': "0+5x40",
        },
        quiet_at="10m",
        fires_at="30m",
        labels={},
    ),
    "PricesUnusable": Story({"billing_unusable_prices": "0x2 1x20"}, quiet_at="7m", fires_at="9m", labels={}),
    "SubscriptionsDoubled": Story(
        {"billing_doubled_subscriptions": "0x2 1x20"}, quiet_at="7m", fires_at="9m", labels={}
    ),
    "ProviderFailing": Story(
        {
            'provider_calls_total{provider="serper", outcome="answered"}': "0+7x40",
            'provider_calls_total{provider="serper", outcome="timeout"}': "0+3x40",
            'provider_calls_total{provider="groq", outcome="answered"}': "0+9x40",
            'provider_calls_total{provider="groq", outcome="timeout"}': "0+1x40",
            'provider_calls_total{provider="smtp", outcome="accepted"}': "0+10x40",
        },
        quiet_at="8m",
        fires_at="30m",
        labels={"provider": "serper"},
    ),
    "ProviderNotAnswering": Story(
        {
            'enrich_open_breakers{provider="groq", instance="a"}': "0x2 1x20",
            'enrich_open_breakers{provider="groq", instance="b"}': "0x22",
            'enrich_open_breakers{provider="serper", instance="a"}': "1x3 0x20",
        },
        quiet_at="7m",
        fires_at="9m",
        labels={"provider": "groq"},
    ),
    "SendsUnknown": Story(
        {'sender_emails_unknown_total{instance="a"}': "0x4 1x20"},
        quiet_at="4m",
        fires_at="6m",
        labels={"instance": "a"},
    ),
    "LeadsNotTakenBack": Story(
        {
            'sender_oldest_open_take_back_seconds{instance="a"}': "0+60x30",
            'sender_oldest_open_take_back_seconds{instance="b"}': "20x30",
        },
        quiet_at="20m",
        fires_at="22m",
        labels={},
    ),
    "HandOversTroubled": Story(
        {"sender_oldest_troubled_hand_over_seconds": "0+60x90"}, quiet_at="65m", fires_at="67m", labels={}
    ),
    "ChunksRescued": Story(
        {'ingest_chunks_rescued_total{instance="a"}': "0x4 1x20"},
        quiet_at="4m",
        fires_at="6m",
        labels={"instance": "a"},
    ),
}


def rules() -> dict[str, dict[str, Any]]:
    groups = yaml.safe_load((FOLDER / "alerts.yml").read_text("utf-8"))["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def test_every_alert_has_its_story() -> None:
    """Red when an alert is added that nobody has seen fire."""
    assert set(STORIES) == set(rules())


@pytest.fixture(scope="module")
def promtool() -> Path:
    """The installed one, else Debian's, unpacked once for all runs."""
    if found := shutil.which("promtool"):
        return Path(found)
    kept = default_path() / "promtool"
    if not kept.exists():
        if not shutil.which("apt-get") or not shutil.which("dpkg"):
            pytest.skip("there is no promtool on this machine, and no apt to fetch it with")
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as name:
            folder = Path(name)
            got = subprocess.run(
                ["apt-get", "-q", "-o", "APT::Sandbox::User=", "download", "prometheus"],
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
            )
            if got.returncode:
                pytest.skip(f"apt could not download prometheus: {(got.stderr.splitlines() or ['no reason'])[-1]}")
            (package,) = folder.glob("*.deb")
            subprocess.run(["dpkg", "-x", package, folder / "unpacked"], check=True)
            (folder / "unpacked/usr/bin/promtool").rename(kept)
    return kept


def told(promtool: Path, *words: str | Path) -> str:
    done = subprocess.run([promtool, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.long
def test_prometheus_takes_its_configuration_and_the_rules(promtool: Path, tmp_path: Path) -> None:
    """The file with the token, which compose makes, is looked for as well; it stands in the test's folder here."""
    copied = shutil.copytree(FOLDER, tmp_path / "prometheus")
    (token := tmp_path / "metrics_token").write_text("a token", "utf-8")
    configuration = copied / "prometheus.yml"
    text = configuration.read_text("utf-8")
    assert text.count("/run/secrets/metrics_token") == 1
    configuration.write_text(text.replace("/run/secrets/metrics_token", str(token)), "utf-8")
    assert "SUCCESS" in told(promtool, "check", "config", configuration)


@pytest.mark.long
@pytest.mark.parametrize("alert", STORIES)
def test_an_alert_fires_when_it_should_and_not_before(alert: str, promtool: Path, tmp_path: Path) -> None:
    """Red when the expression asks for something else than what the alert is for, or waits for another time."""
    story, rule = STORIES[alert], rules()[alert]

    def with_labels(text: str) -> str:
        told = text.replace("{{ $value }}", story.value)
        return re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda found: story.labels[found[1]], told)

    fired = {
        "exp_labels": {**story.labels, **rule["labels"]},
        "exp_annotations": {name: with_labels(text) for name, text in rule["annotations"].items()},
    }
    played = {
        "interval": "1m",
        "input_series": [{"series": series, "values": values} for series, values in story.series.items()],
        "alert_rule_test": [
            {"alertname": alert, "eval_time": story.quiet_at, "exp_alerts": []},
            {"alertname": alert, "eval_time": story.fires_at, "exp_alerts": [fired]},
        ],
    }
    file = tmp_path / "story.yml"
    file.write_text(json.dumps({"rule_files": [str(FOLDER / "alerts.yml")], "tests": [played]}), "utf-8")
    told(promtool, "test", "rules", file)
