"""Writes the dashboard that Grafana is provisioned with: `python -m deploy.grafana.render [--check]`."""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

TARGET = Path(__file__).parent / "dashboards" / "corofy.json"
_COLUMNS = 3
_WIDTH, _HEIGHT = 8, 7


@dataclass(frozen=True)
class Panel:
    """One graph: what it answers, its query, how a line is named, the unit in Grafana's words."""

    title: str
    expr: str
    legend: str = ""
    unit: str = "short"


ROWS: dict[str, tuple[Panel, ...]] = {
    "The work": (
        Panel("Rows stored per second", "sum by (status) (rate(ingest_rows_total[1m]))", "{{status}}"),
        Panel("Rows answered by enrich per second", "sum by (status) (rate(enrich_rows_total[1m]))", "{{status}}"),
        Panel("Rows in flight", "sum(enrich_in_flight_rows)", "rows"),
        Panel("Jobs that came into a state", "sum by (state) (increase(ingest_job_turns_total[5m]))", "{{state}}"),
        Panel("Chunks dispatched per second", "sum(rate(ingest_chunks_dispatched_total[1m]))", "dispatched"),
        Panel("Chunks handed back", "sum by (reason) (increase(enrich_chunks_returned_total[5m]))", "{{reason}}"),
        Panel("Leads", "sum by (outcome) (increase(ingest_leads_total[5m]))", "{{outcome}}"),
        Panel(
            "Sourcings that came into a state",
            "sum by (state) (increase(ingest_sourcing_turns_total[5m]))",
            "{{state}}",
        ),
        Panel("Uploads", "sum by (outcome) (increase(ingest_uploads_total[1h]))", "{{outcome}}"),
        Panel("Lists sent as they are", "sum by (outcome) (increase(ingest_plain_lists_total[1h]))", "{{outcome}}"),
        Panel("Sheets on demand", "sum by (outcome) (increase(ingest_exports_total[1h]))", "{{outcome}}"),
        Panel("Findings in uploads", "sum by (code) (increase(ingest_upload_findings_total[1h]))", "{{code}}"),
        Panel(
            "Time to check an upload (95 %)",
            "histogram_quantile(0.95, sum by (le) (rate(ingest_upload_check_seconds_bucket[1h])))",
            "seconds",
            unit="s",
        ),
        Panel(
            "Time to check an upload (mean)",
            "sum(rate(ingest_upload_check_seconds_sum[1h])) / sum(rate(ingest_upload_check_seconds_count[1h]))",
            "seconds",
            unit="s",
        ),
    ),
    "Providers": (
        Panel(
            "Calls per second",
            "sum by (provider, outcome) (rate(provider_calls_total[1m]))",
            "{{provider}} {{outcome}}",
        ),
        Panel(
            "Answer time, 95th percentile",
            "histogram_quantile(0.95, sum by (provider, le) (rate(provider_call_seconds_bucket[5m])))",
            "{{provider}}",
            "s",
        ),
        Panel(
            "Decisions under limits per second",
            "sum by (provider, outcome) (rate(enrich_limiter_decisions_total[1m]))",
            "{{provider}} {{outcome}}",
        ),
        Panel(
            "Wait for a turn under a limit (95 %)",
            "histogram_quantile(0.95, sum by (provider, le) (rate(enrich_limiter_wait_seconds_bucket[5m])))",
            "{{provider}}",
            "s",
        ),
        Panel(
            "Wait for a turn under a limit (mean)",
            "sum by (provider) (rate(enrich_limiter_wait_seconds_sum[5m]))"
            " / sum by (provider) (rate(enrich_limiter_wait_seconds_count[5m]))",
            "{{provider}}",
            "s",
        ),
        Panel(
            "Cost of calls per hour, in US dollars",
            "sum by (provider, sandboxed) (increase(ingest_provider_cost_microusd_total[1h])) / 1000000",
            "{{provider}}, sandboxed: {{sandboxed}}",
        ),
        Panel(
            "Tokens per minute",
            "sum by (model, direction) (rate(ingest_llm_tokens_total[5m])) * 60",
            "{{model}} {{direction}}",
        ),
        Panel("Accounts found not to answer", "max by (provider) (enrich_open_breakers)", "{{provider}}"),
    ),
    "Money and mail": (
        Panel("Credits moved", "sum by (operation) (increase(billing_credits_moved_total[5m]))", "{{operation}}"),
        Panel("Holds", "sum by (answer) (increase(billing_holds_answered_total[5m]))", "{{answer}}"),
        Panel("Overdue holds", "max(billing_overdue_holds)", "holds"),
        Panel(
            "Told by Stripe",
            "sum by (source, time) (increase(billing_stripe_told_total[5m]))",
            "{{source}}, {{time}} time",
        ),
        Panel(
            "What became of Stripe's events",
            "sum by (about, outcome) (increase(billing_stripe_events_total[5m]))",
            "{{about}} {{outcome}}",
        ),
        Panel("Refused at the webhook", "sum by (code) (increase(billing_stripe_rejected_total[5m]))", "{{code}}"),
        Panel("Repaired by reconciliation", "sum(increase(billing_stripe_repaired_total[1h]))", "events"),
        Panel("Oldest event of Stripe's that waits (s)", "max(billing_stripe_oldest_unapplied_seconds)", "age"),
        Panel("Balances that fell below a threshold", "sum(increase(billing_balances_low_total[1h]))", "balances"),
        Panel("Automatic top-ups", "sum by (state) (increase(billing_top_ups_total[1h]))", "{{state}}"),
        Panel("Requests above the plan", "sum by (plan) (increase(gateway_limited_requests_total[5m]))", "{{plan}}"),
        Panel(
            "Attempts to sign in above what is bearable",
            "sum by (kind) (increase(gateway_limited_attempts_total[5m]))",
            "{{kind}}",
        ),
        Panel(
            "Refresh tokens that came back", "sum(increase(gateway_reused_refresh_tokens_total[1h]))", "sessions ended"
        ),
        Panel("Mails of Corofy's own", "sum by (outcome) (increase(gateway_mails_total[1h]))", "{{outcome}}"),
        Panel("Mails of Corofy's own that wait", "max(gateway_waiting_mails)", "mails"),
        Panel("Oldest person to be forgotten", "max(gateway_oldest_open_erasure_seconds)", "age", "s"),
        Panel("Oldest workspace to be erased", "max(gateway_oldest_open_deletion_seconds)", "age", "s"),
        Panel(
            "Messages to webhooks", "sum by (outcome) (increase(gateway_webhook_deliveries_total[5m]))", "{{outcome}}"
        ),
        Panel("Oldest message to a webhook that is well", "max(gateway_webhook_oldest_due_seconds)", "age", "s"),
        Panel("Webhooks disabled", "sum by (reason) (increase(gateway_webhooks_disabled_total[1h]))", "{{reason}}"),
        Panel("Workspaces whose ledger differs", "max(billing_differing_accounts)", "workspaces"),
        Panel(
            "Hours since every ledger was proven", "(time() - max(billing_proven_timestamp_seconds)) / 3600", "hours"
        ),
        Panel(
            "Questions to Stripe that were not answered",
            'sum by (call, outcome) (rate(billing_stripe_calls_total{outcome!="answered"}[5m]))',
            "{{call}} {{outcome}}",
        ),
        Panel(
            "Seconds of a question to Stripe (95 %)",
            "histogram_quantile(0.95, sum by (le) (rate(billing_stripe_seconds_bucket[5m])))",
            "95 %",
            "s",
        ),
        Panel(
            "Mean seconds of a question to Stripe",
            "sum by (call) (rate(billing_stripe_seconds_sum[5m])) / sum by (call) (rate(billing_stripe_seconds_count[5m]))",
            "{{call}}",
            "s",
        ),
        Panel("Emails sent", "sum(increase(sender_emails_sent_total[5m]))", "sent"),
        Panel(
            "Emails not sent",
            "sum(increase(sender_emails_failed_total[5m])) + sum(increase(sender_emails_deferred_total[5m]))"
            " + sum(increase(sender_emails_unknown_total[5m]))",
            "failed, deferred, unknown",
        ),
        Panel("Rows set aside", "sum by (reason) (increase(sender_recipients_set_aside_total[1h]))", "{{reason}}"),
        Panel("Domains looked up", "sum by (finding) (increase(sender_domains_looked_up_total[1h]))", "{{finding}}"),
        Panel("Slots assigned", "sum(increase(sender_slots_assigned_total[1h]))", "slots"),
        Panel("Sends stopped at the door", "sum by (reason) (increase(sender_sends_declined_total[5m]))", "{{reason}}"),
        Panel("Connections that send", "sum(sender_sending_loops)", "connections"),
        Panel("Mailboxes that wait for a connection", "sum(sender_waiting_mailboxes)", "mailboxes"),
        Panel("Mailboxes paused", "sum by (reason) (increase(sender_mailboxes_paused_total[1h]))", "{{reason}}"),
        Panel(
            "Campaigns that a provider is not told of", "max by (state) (sender_troubled_hand_overs)", "{{state}} there"
        ),
        Panel("The oldest of these", "max(sender_oldest_troubled_hand_over_seconds)", "age", "s"),
        Panel("Suppressed leads still at a provider", "max(sender_open_take_backs)", "leads"),
        Panel("The oldest of these leads", "max(sender_oldest_open_take_back_seconds)", "age", "s"),
        Panel("Outcomes of outdated claims", "sum(increase(sender_records_refused_total[5m]))", "refused"),
    ),
    "The bus": (
        Panel("Messages per second", "sum by (queue) (rate(bus_messages_total[1m]))", "{{queue}}"),
        Panel(
            "Messages not simply done",
            'sum by (queue, outcome) (rate(bus_messages_total{outcome!="done"}[5m]))',
            "{{queue}} {{outcome}}",
        ),
        Panel("Outbox lag", "max by (service) (outbox_lag_seconds)", "{{service}}", "s"),
        Panel("Outbox rows waiting", "max by (service) (outbox_pending_rows)", "{{service}}"),
        Panel("Dead letters open", "max by (service) (dead_letters_open_rows)", "{{service}}"),
        Panel(
            "Schedules: since last success",
            "time() - max by (service, schedule) (schedule_last_success_timestamp_seconds)",
            "{{service}} {{schedule}}",
            "s",
        ),
    ),
    "The edge": (
        Panel(
            "Requests per second", "sum by (service, status) (rate(http_requests_total[1m]))", "{{service}} {{status}}"
        ),
        Panel(
            "Answer time, 95th percentile",
            "histogram_quantile(0.95, sum by (service, le) (rate(http_request_seconds_bucket[5m])))",
            "{{service}}",
            "s",
        ),
        Panel("Live streams", "sum(gateway_live_streams)", "browsers"),
        Panel("Database connections in use", "sum by (service) (db_pool_connections_in_use)", "{{service}}"),
        Panel("Memory", "sum by (job) (process_resident_memory_bytes)", "{{job}}", "bytes"),
        Panel("CPU", "sum by (job) (rate(process_cpu_seconds_total[1m]))", "{{job}}", "percentunit"),
    ),
}


def dashboard() -> dict[str, object]:
    """The dashboard as Grafana's JSON model (schema version 41)."""
    panels: list[dict[str, object]] = []
    y = 0
    for title, row in ROWS.items():
        panels.append(_row(title, y=y, panel_id=len(panels) + 1))
        y += 1
        for place, panel in enumerate(row):
            at = {"x": place % _COLUMNS * _WIDTH, "y": y + place // _COLUMNS * _HEIGHT, "w": _WIDTH, "h": _HEIGHT}
            panels.append(_graph(panel, at=at, panel_id=len(panels) + 1))
        y += -(-len(row) // _COLUMNS) * _HEIGHT
    return {
        "uid": "corofy",
        "title": "Corofy",
        "schemaVersion": 41,
        "editable": True,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "tags": ["corofy"],
        "panels": panels,
    }


def _row(title: str, *, y: int, panel_id: int) -> dict[str, object]:
    return {
        "id": panel_id,
        "type": "row",
        "title": title,
        "collapsed": False,
        "gridPos": {"x": 0, "y": y, "w": 24, "h": 1},
        "panels": [],
    }


def _graph(panel: Panel, *, at: dict[str, int], panel_id: int) -> dict[str, object]:
    source = {"type": "prometheus", "uid": "prometheus"}
    return {
        "id": panel_id,
        "type": "timeseries",
        "title": panel.title,
        "gridPos": at,
        "datasource": source,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [{"refId": "A", "datasource": source, "expr": panel.expr, "legendFormat": panel.legend}],
    }


def main() -> None:
    """Write the file, or with `--check` fail when it is not what would be written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    text = json.dumps(dashboard(), indent=1) + "\n"
    if not parser.parse_args().check:
        TARGET.write_text(text, "utf-8")
    elif TARGET.read_text("utf-8") != text:
        sys.exit("deploy/grafana/dashboards/corofy.json is out of date: run python -m deploy.grafana.render")


if __name__ == "__main__":
    main()
