"""A schedule that works is never reported as one that stands still."""

from __future__ import annotations

import ast
import importlib
import re

import yaml

from tests.architecture.tree import ROOT, argument, calls, modules, shown

ALERTS = ROOT / "deploy/prometheus/alerts.yml"


def _stalled_after_s() -> float:
    rules = [rule for group in yaml.safe_load(ALERTS.read_text("utf-8"))["groups"] for rule in group["rules"]]
    (stalled,) = [rule for rule in rules if rule["alert"] == "ScheduleStalled"]
    found = re.search(r"> (\d+)$", stalled["expr"])
    assert found, f"ScheduleStalled compares with no number of seconds: {stalled['expr']}"
    return float(found.group(1))


def _periods_s() -> dict[str, float]:
    """Where a schedule is made, and its period: a number, or a name of that module."""
    found: dict[str, float] = {}
    for path in modules("libs/common", "services"):
        for call in calls(path, "Schedule"):
            period = argument(call, "every_s", position=1)
            if isinstance(period, ast.Name):
                module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                value = getattr(importlib.import_module(module), period.id)
            else:
                assert isinstance(period, ast.Constant), f"{shown(path)}:{call.lineno}: name the period, or write it"
                value = period.value
            found[f"{shown(path)}:{call.lineno}"] = float(str(value))
    return found


def test_every_schedule_runs_well_within_what_the_alert_allows() -> None:
    """Red when a period comes near the alert's threshold (one run may fail): it would fire although everything works."""
    periods = _periods_s()
    assert len(periods) > 10
    assert {where: period for where, period in periods.items() if 2 * period > _stalled_after_s()} == {}
