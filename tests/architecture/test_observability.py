"""Dashboards and alerts ask only for what the services really export."""

from __future__ import annotations

import ast
import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from deploy.grafana.render import TARGET, dashboard
from tests.architecture.tree import SERVICES, calls, modules, parsed

ROOT = Path(__file__).resolve().parents[2]
ALERTS = ROOT / "deploy/prometheus/alerts.yml"
MODULES = [
    "libs.common.metrics",
    "services.gateway.live",
    *(f"services.{name}.metrics" for name in SERVICES),
]
OF_PROMETHEUS = {"up": set[str](), "process_resident_memory_bytes": set[str](), "process_cpu_seconds_total": set[str]()}
LABELS_OF_THE_SCRAPE = {"job", "instance"}
NOT_METRICS = {
    "sum", "max", "by", "rate", "increase", "time", "histogram_quantile", "le",
}  # fmt: skip
SUFFIXES = {"counter": ["_total"], "gauge": [""], "histogram": ["_bucket", "_sum", "_count"]}


def exported() -> dict[str, set[str]]:
    """Every series name the services export, with its labels."""
    found = {name: labels | LABELS_OF_THE_SCRAPE for name, labels in OF_PROMETHEUS.items()}
    for module in MODULES:
        for metric in vars(importlib.import_module(module)).values():
            if not isinstance(metric, MetricWrapperBase):
                continue
            described = next(iter(metric.describe()))
            labels = {*metric._labelnames, *LABELS_OF_THE_SCRAPE}  # pyright: ignore[reportPrivateUsage] - no public way
            for suffix in SUFFIXES[described.type]:
                found[described.name + suffix] = labels | ({"le"} if suffix == "_bucket" else set())
    return found


def queries() -> Iterator[tuple[str, str, str]]:
    """Where a query stands, the query, and the text that uses its labels."""
    for panel in json.loads(TARGET.read_text("utf-8"))["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"], target["legendFormat"]
    for group in yaml.safe_load(ALERTS.read_text("utf-8"))["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"], " ".join(rule["annotations"].values())


def metrics_in(expr: str) -> set[str]:
    """The names of a PromQL expression that are neither functions, nor labels, nor values."""
    bare = re.sub(r'"[^"]*"', "", expr)
    bare = re.sub(r"\bby\s*\([^)]*\)", "", bare)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]", "", bare)
    return {name for name in re.findall(r"[a-zA-Z_:][a-zA-Z0-9_:]*", bare) if name not in NOT_METRICS}


def values_in(expr: str) -> Iterator[tuple[str, str]]:
    """Each series that is picked by a label's value, and that value."""
    for series, braces in re.findall(r"(\w+)\{([^}]*)\}", expr):
        for value in re.findall(r'[=!~]\s*"([^"]*)"', braces):
            yield series, value


def words_of_whoever_counts(series: str) -> set[str]:
    """The texts of the modules that set this metric's labels, and the names there, small as labels are written."""
    constants = {
        name
        for module in MODULES
        for name, metric in vars(importlib.import_module(module)).items()
        if isinstance(metric, MetricWrapperBase) and series.startswith(next(iter(metric.describe())).name)
    }
    words: set[str] = set()
    for path in modules("libs", "services"):
        if any(_name_of(call.func) in constants for call in calls(path, "labels")):
            for node in ast.walk(parsed(path)):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    words.add(node.value)
                elif isinstance(node, ast.Name):
                    words.add(node.id.lower())
    return words


def _name_of(called: ast.expr) -> str:
    """`BUS_MESSAGES` of `metrics.BUS_MESSAGES.labels`."""
    of = called.value if isinstance(called, ast.Attribute) else called
    return of.attr if isinstance(of, ast.Attribute) else getattr(of, "id", "")


def labels_in(expr: str) -> set[str]:
    grouped = [name.strip() for names in re.findall(r"\bby\s*\(([^)]*)\)", expr) for name in names.split(",")]
    matched = [name for braces in re.findall(r"\{([^}]*)\}", expr) for name in re.findall(r"(\w+)\s*[=!]", braces)]
    return {*grouped, *matched}


@pytest.mark.parametrize(("where", "expr", "words"), list(queries()))
def test_a_query_asks_for_metrics_and_labels_that_exist(where: str, expr: str, words: str) -> None:
    known = exported()
    names = metrics_in(expr)
    assert names, where
    assert names <= set(known), f"{where}: nobody exports {names - set(known)}"
    labels = set.union(*(known[name] for name in names))
    assert labels_in(expr) <= labels, f"{where}: {labels_in(expr) - labels}"
    shown = set(re.findall(r"\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}", words))
    kept = labels_in(expr) | (LABELS_OF_THE_SCRAPE if " by " not in expr else set())
    assert shown <= kept, f"{where} shows labels that its query drops: {shown - kept}"


def test_a_value_that_a_query_asks_for_is_one_that_is_counted() -> None:
    """Red when an outcome is renamed in the code, or misspelt in a query: `!=` of a value nobody uses is always true."""
    asked = {pair for _, expr, _ in queries() for pair in values_in(expr)}
    assert asked
    assert [(series, value) for series, value in asked if value not in words_of_whoever_counts(series)] == []


def test_a_query_for_something_that_is_not_exported_would_be_noticed() -> None:
    assert metrics_in('sum by (queue) (rate(bus_mesages_total{outcome!="done"}[5m])) > 0') - set(exported())


def test_every_metric_of_a_service_is_on_the_dashboard_or_in_an_alert() -> None:
    own = {name for name in exported() if name.split("_")[0] in SERVICES}
    asked = set.union(*(metrics_in(expr) for _, expr, _ in queries()))
    assert own <= asked | {"billing_holds_questioned_total"}, own - asked


def test_the_dashboard_is_the_one_that_is_rendered() -> None:
    assert json.loads(TARGET.read_text("utf-8")) == dashboard()


def test_panels_do_not_overlap_and_have_numbers_of_their_own() -> None:
    panels = json.loads(TARGET.read_text("utf-8"))["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for panel in panels
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_every_alert_says_what_to_do() -> None:
    for group in yaml.safe_load(ALERTS.read_text("utf-8"))["groups"]:
        for rule in group["rules"]:
            assert rule["labels"]["severity"] in {"page", "ticket"}
            assert {"summary", "action"} <= set(rule["annotations"])
