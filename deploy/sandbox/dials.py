"""What can be turned: how slow, limited, failing or mendacious each stand-in is."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Rate = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Status = Annotated[int, Field(ge=400, le=599)]
Garbage = Literal["", "invalid_json", "truncated", "html", "error_200", "broken_body", "empty", "wrong_schema", "huge"]
SmtpMode = Literal["accept", "defer", "refuse", "drop_lost", "drop_accepted"]


class ProviderDials(BaseModel):
    """The dials every HTTP provider has. Left alone, it answers at once and rightly."""

    model_config = ConfigDict(extra="forbid")

    latency_ms: Annotated[float, Field(ge=0)] = 0
    """How long an answer takes."""
    latency_jitter_ms: Annotated[float, Field(ge=0)] = 0
    """At most so much more or less."""
    fail_rate: Rate = 0
    """The share of requests answered with `fail_status`."""
    fail_status: Status = 500
    next_failures: list[Status] = []
    """Statuses for the next requests, in order; each is served once."""
    hang: bool = False
    """Take the request and never answer, until the dial is turned back or `hang_s` is over."""
    hang_s: Annotated[float, Field(gt=0)] = 120
    garbage: Garbage = ""
    """Answer nonsense: invalid_json, truncated, html, error_200 (an error body with status 200), broken_body (the
    connection ends in the middle of the body), empty, wrong_schema (JSON of another form), huge (10 MB)."""
    garbage_rate: Rate = 1
    bad_key: bool = False
    """Reject every key."""
    bad_keys: list[str] = []
    """Reject these keys."""
    exhausted_keys: list[str] = []
    """The day of these keys is used up."""
    no_retry_after: bool = False
    """Refuse without saying for how long."""
    rate_limit_per_minute: Count = 0
    """Requests per window and key, counted at arrival; 0 is no limit."""
    rate_window_s: Annotated[float, Field(gt=0)] = 60
    day_limit: Count | None = None
    """How many requests are left of the day; 0 is exhausted, null is no limit."""
    day_resets_in_s: Annotated[float, Field(gt=0)] = 3600


class GroqDials(ProviderDials):
    """The language model can also be limited by tokens, and lie."""

    tokens_per_minute: Count = 0
    """Tokens per window and key; 0 is no limit."""
    unknown_models: list[str] = []
    """Models that are not known (404 model_not_found)."""
    decommissioned_models: list[str] = []
    """Models that are no more (400 model_decommissioned)."""
    exhausted_models: list[str] = []
    """Models whose day is used up, for every key."""
    useless_models: list[str] = []
    """Models that answer in another form than was asked for."""
    invent_facts: Rate = 0
    misquote: Rate = 0
    mix_namesakes: Rate = 0
    obey_injection: Rate = 0


class ApolloDials(ProviderDials):
    """Apollo's search."""

    no_api_access: bool = False
    """The key's plan has no access to the API: search and enrichment say so."""


class ApolloRevealDials(ProviderDials):
    """Apollo's bulk enrichment, which has limits of its own and costs credits."""

    credits: Count | None = None
    """How many addresses can still be paid for; null is no end."""


class WebhookDials(BaseModel):
    """How Stripe's events arrive. Left alone: each once, in order, at once."""

    model_config = ConfigDict(extra="forbid")

    seed: int = 1
    hold: bool = False
    """Keep events back until the dial is turned back."""
    duplicate: Count = 0
    """How many times more each event is delivered."""
    shuffle: bool = False
    """Deliver what is waiting in any order."""
    drop: Rate = 0
    """The share that is never delivered."""
    delay_ms: Annotated[float, Field(ge=0)] = 0
    """How long each delivery takes to set out."""
    fail_rate: Rate = 0
    """The share of attempts that do not arrive, and are made again later."""
    bad_signature: Rate = 0
    """The share signed with another secret."""
    livemode: bool = False
    """Say that the events are of live mode."""


class StripeDials(ProviderDials):
    """Stripe's API, what becomes of bills that are not paid, and its webhooks."""

    live_keys: bool = False
    """Take keys of live mode too."""
    unpaid_in_the_end: Literal["cancel", "unpaid", "past_due"] = "cancel"
    """What a subscription becomes when the last attempt to charge has failed."""
    refunds_fail: bool = False
    """Refunds fail some time after they were taken."""
    webhooks: WebhookDials = Field(default_factory=WebhookDials)


class SendGridDials(ProviderDials):
    """SendGrid's API."""

    unverified_senders: list[str] = []
    """Addresses that mail may not be from (403)."""
    no_activity: bool = False
    """The key may not look up what was sent (403): the history is an add-on."""


class MailgunDials(ProviderDials):
    """Mailgun's API."""

    unknown_domains: list[str] = []
    """Domains that the account does not have (404)."""


class InstantlyDials(ProviderDials):
    """Instantly's API."""

    accounts: list[str] = ["sales@sandbox.example"]
    """The mailboxes that campaigns may send from."""


class SmtpDials(BaseModel):
    """How the mailbox behaves."""

    model_config = ConfigDict(extra="forbid")

    mode: SmtpMode = "accept"
    """defer: 4xx at RCPT; refuse: 5xx at RCPT; drop_lost and drop_accepted: the connection ends after DATA without an
    answer, and the mail is lost or kept."""
    rate: Rate = 1
    """The share of recipients (and of mails, for the drops) that get the mode; the others are accepted."""
    recipients: dict[str, SmtpMode] = {}
    """The mode of single addresses, before everything else."""
    next_modes: list[SmtpMode] = []
    """Modes for the next recipients, in order; each is served once."""
    defer_reply: str = "450 4.2.1 The mailbox is busy, try again later"
    refuse_reply: str = "550 5.1.1 No such user here"
    latency_ms: Annotated[float, Field(ge=0)] = 0
    """How long the answer to DATA takes."""
    refuse_login: bool = False


class Dials(BaseModel):
    """All dials. Chances are drawn from the request and the seed: the same run gives the same failures."""

    model_config = ConfigDict(extra="forbid")

    seed: int = 1
    serper: ProviderDials = Field(default_factory=ProviderDials)
    groq: GroqDials = Field(default_factory=GroqDials)
    firecrawl: ProviderDials = Field(default_factory=ProviderDials)
    apollo: ApolloDials = Field(default_factory=ApolloDials)
    apollo_reveal: ApolloRevealDials = Field(default_factory=ApolloRevealDials)
    stripe: StripeDials = Field(default_factory=StripeDials)
    smtp: SmtpDials = Field(default_factory=SmtpDials)
    sendgrid: SendGridDials = Field(default_factory=SendGridDials)
    mailgun: MailgunDials = Field(default_factory=MailgunDials)
    instantly: InstantlyDials = Field(default_factory=InstantlyDials)

    def turned(self, patch: dict[str, Any]) -> Dials:
        """The dials after a partial change. Raises pydantic's ValidationError for names and values that do not exist."""
        return Dials.model_validate(_merged(self.model_dump(), patch))


def _merged(old: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    merged = dict(old)
    for name, value in patch.items():
        present = merged.get(name)
        if isinstance(value, dict) and isinstance(present, dict) and name != "recipients":
            value = _merged(present, value)
        merged[name] = value
    return merged
