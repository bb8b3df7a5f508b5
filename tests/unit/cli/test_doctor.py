"""Doctor names every provider, and takes only those for a problem without which nothing works."""

from __future__ import annotations

from libs.cli.doctor import PROVIDERS, findings_of

KEYS = {"SERPER_API_KEY", "GROQ_API_KEY", "FIRECRAWL_API_KEY", "SMTP_URL", "STRIPE_SECRET_KEY"}


def test_every_key_of_a_provider_is_looked_at() -> None:
    """Red when a provider's key can be set and doctor does not say what it changes."""
    assert set(PROVIDERS) == KEYS
    told = [finding.text for finding in findings_of({})]
    assert told == [f"{what}: sandbox ({name} is not set)" for name, what in PROVIDERS.items()]
    assert [finding.text for finding in findings_of(dict.fromkeys(KEYS, "set"))] == [
        f"{what}: real" for what in PROVIDERS.values()
    ]


def test_production_needs_all_but_the_website_reader_and_payments() -> None:
    findings = findings_of({"ENV": "production", "GROQ_API_KEY": "set"})
    problems = [finding.text for finding in findings if finding.problem]
    assert [text.rpartition(" ")[2] for text in problems] == ["SERPER_API_KEY", "SMTP_URL"]
    (reader,) = [finding.text for finding in findings if "website reader" in finding.text]
    assert "none (FIRECRAWL_API_KEY is not set)" in reader
    (payments,) = [finding.text for finding in findings if "payments" in finding.text]
    assert "none (STRIPE_SECRET_KEY is not set): nothing is sold" in payments


def test_what_is_retired_is_a_problem() -> None:
    assert [finding.problem for finding in findings_of({"REDIS_URL": "redis://x"})][-1]
