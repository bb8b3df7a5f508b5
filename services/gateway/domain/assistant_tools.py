"""The tools that an assistant may use: each is one operation of the public API, of which it takes what is named here.

There is none that starts sending, deletes, or changes members, keys, plans or payment.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from libs.common.errors import Forbidden
from services.gateway.domain.callers import Caller
from services.gateway.domain.permissions import check_permitted, only_reads, permission_for

OF_THE_WEB = ("line", "written_line", "research", "evidence", "extra", "cells", "product", "reason")
"""Members of a row that web pages, the workspace's own sheet or a language model wrote."""
OF_PEOPLE = ("subject", "text", "html", "detail", "values", "fields", "name", "filename", "sample", "columns")
"""Members that hold what leads, mail servers or somebody's sheet say."""


@dataclass(frozen=True)
class Tool:
    """`takes` are members of the operation's path, query and body; `must` those that are needed here beyond what it needs itself.
    `always` is sent with every call. `untrusted` are members of the answer, wherever they stand, that hold text of strangers."""

    name: str
    title: str
    description: str
    method: str
    path: str
    takes: tuple[str, ...] = ()
    must: tuple[str, ...] = ()
    always: Mapping[str, object] = field(default_factory=dict)
    untrusted: tuple[str, ...] = ()
    makes: bool = False
    """Whether a call makes something, and so is known by an Idempotency-Key."""
    overwrites: bool = False
    outside: bool = False
    """Whether it asks the web or a language model."""

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return only_reads(self.method, self.path.removeprefix("/v1/"))


_PAGE = ("cursor", "limit")
_ROWS = ("upload_id", "mapping", "first_rows", "skip_duplicates", "skip_known", "extra_columns")
_WISHES = ("accept_degraded", "language", "max_words", "offer", "tone", "forbidden_words", "line_rules")
START_JOB = "start_job"

TOOLS: tuple[Tool, ...] = (
    Tool("whoami", "Who and where", "The workspace you work in, and as whom.", "GET", "/v1/me"),
    Tool("list_uploads", "Uploads", "Uploaded files, newest first.", "GET", "/v1/uploads", _PAGE, untrusted=OF_PEOPLE),
    Tool(
        "list_jobs",
        "Jobs",
        "Jobs (lists being researched), newest first, with state and counts.",
        "GET",
        "/v1/jobs",
        ("kind", *_PAGE),
        untrusted=OF_PEOPLE,
    ),
    Tool(
        "get_job",
        "One job",
        "One job as it is now: state, what it waits for, rows done, credits.",
        "GET",
        "/v1/jobs/{job_id}",
        ("job_id",),
        untrusted=OF_PEOPLE,
    ),
    Tool(
        "list_rows",
        "Rows of a job",
        "Rows of a job with research, evidence (cited sources), opening line and receipt. Ask for few at a time.",
        "GET",
        "/v1/jobs/{job_id}/rows",
        ("job_id", "status", "approved", "include", *_PAGE),
        untrusted=OF_THE_WEB,
    ),
    Tool(
        "get_row",
        "One row",
        "One row of a job, with its `revision`, which a change of its line needs.",
        "GET",
        "/v1/jobs/{job_id}/rows/{row_no}",
        ("job_id", "row_no", "include"),
        untrusted=OF_THE_WEB,
    ),
    Tool(
        "get_receipt",
        "Receipt of a job",
        "What a job took: calls by provider, tokens by model, cost.",
        "GET",
        "/v1/jobs/{job_id}/receipt",
        ("job_id",),
    ),
    Tool("get_balance", "Credits", "The workspace's credits: available, held, spent, expiring.", "GET", "/v1/credits"),
    Tool("get_plan", "Plan", "The workspace's plan and what it allows.", "GET", "/v1/billing"),
    Tool(
        "list_campaigns",
        "Campaigns",
        "Campaigns, newest first, with state and counts.",
        "GET",
        "/v1/campaigns",
        _PAGE,
        untrusted=OF_PEOPLE,
    ),
    Tool(
        "list_campaign_leads",
        "Leads of a campaign",
        "Leads of a campaign that was started, with their states and `lead_id`.",
        "GET",
        "/v1/campaigns/{campaign_id}/leads",
        ("campaign_id", "state", *_PAGE),
        untrusted=OF_PEOPLE,
    ),
    Tool(
        "explain_campaign",
        "Why a campaign waits",
        "What the leads of a campaign that have not been written to wait for, how many each, and until when.",
        "GET",
        "/v1/campaigns/{campaign_id}/why",
        ("campaign_id",),
    ),
    Tool(
        "why_not_sent",
        "Why a lead has no mail",
        "Why one lead has not been written to, and the next possible time.",
        "GET",
        "/v1/campaigns/{campaign_id}/leads/{lead_id}/why",
        ("campaign_id", "lead_id"),
        untrusted=OF_PEOPLE,
    ),
    Tool(
        "forecast_campaign",
        "Forecast of a campaign",
        "How many mails of a campaign leave on each day to come; a draft counts as started now.",
        "GET",
        "/v1/campaigns/{campaign_id}/forecast",
        ("campaign_id", "days"),
        untrusted=OF_PEOPLE,
    ),
    Tool(
        "forecast_sending",
        "Forecast of sending",
        "How many mails of all active campaigns leave on each day to come.",
        "GET",
        "/v1/sending/forecast",
        ("days",),
        untrusted=OF_PEOPLE,
    ),
    Tool(
        "list_dead_letters",
        "Dead letters",
        "Mails that could not be sent, with the cause.",
        "GET",
        "/v1/dead-letters",
        ("state", "cause", "campaign_id", *_PAGE),
        untrusted=OF_PEOPLE,
    ),
    Tool(
        "list_suppressions",
        "Suppressions",
        "Addresses that are never written to, and why.",
        "GET",
        "/v1/suppressions",
        ("reason", "containing", *_PAGE),
        untrusted=("note",),
    ),
    Tool(
        "list_templates",
        "Templates",
        "Saved mail templates, newest first.",
        "GET",
        "/v1/templates",
        _PAGE,
        untrusted=OF_PEOPLE,
    ),
    Tool(
        "preview_mail",
        "Preview a mail",
        "The mail that a template makes for a row of a list, a lead or a made-up person, and what speaks against sending it.",
        "POST",
        "/v1/templates/preview",
        ("template_id", "source", "list_id", "row_no", "lead_id", "campaign_id"),
        untrusted=OF_PEOPLE,
    ),
    Tool(
        "quote_job",
        "Price of a job",
        "The most that researching an upload can cost, in `credits`. Nothing is reserved. Show it before start_job.",
        "POST",
        "/v1/quotes",
        _ROWS,
    ),
    Tool(
        START_JOB,
        "Start a job",
        "Research an upload, which spends credits: only when the person has agreed to the `credits` of quote_job, which go into"
        " `quoted_credits`. Refused when the price is another by then. The same call twice starts one job.",
        "POST",
        "/v1/jobs",
        (*_ROWS, *_WISHES),
        untrusted=OF_PEOPLE,
        makes=True,
        outside=True,
    ),
    Tool(
        "try_rows",
        "Try rows",
        "Research up to three rows of an upload, free. Read the outcome with list_rows.",
        "POST",
        "/v1/uploads/{upload_id}/trials",
        ("upload_id", "rows", "mapping", "extra_columns", *_WISHES),
        untrusted=OF_PEOPLE,
        makes=True,
        outside=True,
    ),
    Tool(
        "edit_line",
        "Edit a line",
        "Replace the opening line of a row. It takes the `revision` of get_row, and is no approval.",
        "PATCH",
        "/v1/jobs/{job_id}/rows/{row_no}",
        ("job_id", "row_no", "revision", "line"),
        ("line",),
        untrusted=OF_THE_WEB,
        overwrites=True,
    ),
    Tool(
        "approve_line",
        "Approve a line",
        "Approve the opening line of a row as it is, when the person has said so. It takes the `revision` of get_row.",
        "PATCH",
        "/v1/jobs/{job_id}/rows/{row_no}",
        ("job_id", "row_no", "revision"),
        always={"approved": True},
        untrusted=OF_THE_WEB,
    ),
    Tool(
        "save_template_draft",
        "Save a template",
        "Save a new mail template. Nothing is sent, and no campaign uses it until a person chooses it.",
        "POST",
        "/v1/templates",
        ("name", "subject", "text_body", "html_body"),
        untrusted=OF_PEOPLE,
        makes=True,
    ),
)

BY_NAME: Mapping[str, Tool] = {tool.name: tool for tool in TOOLS}


def tools_for(caller: Caller) -> list[Tool]:
    """The tools whose operations the caller may ask for; the door decides again at each call."""
    return [tool for tool in TOOLS if _may_use(caller, tool)]


def _may_use(caller: Caller, tool: Tool) -> bool:
    permission = permission_for(tool.method, tool.path.removeprefix("/v1/"))
    if permission is None:
        return False
    try:
        check_permitted(caller, permission, operator=False)
    except Forbidden:
        return False
    return True
