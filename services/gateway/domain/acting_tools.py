"""The tools with which an assistant makes or changes something.

There is none that starts sending, deletes, or changes members, keys, plans or payment.
"""

from services.gateway.domain.tool import ROWS, Tool

_WISHES = ("accept_degraded", "language", "max_words", "offer", "tone", "forbidden_words", "line_rules")

ACTING_TOOLS: tuple[Tool, ...] = (
    Tool(
        "start_job",
        "Start a job",
        "Research an upload, which spends credits: only when the person has agreed to the `credits` of quote_job, which go into"
        " `quoted_credits`. Refused when the price is another by then. The same call twice starts one job.",
        "POST",
        "/v1/jobs",
        (*ROWS, "quoted_credits", *_WISHES),
        ("quoted_credits",),
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
    ),
    Tool(
        "save_template_draft",
        "Save a template",
        "Save a new mail template. Nothing is sent, and no campaign uses it until a person chooses it.",
        "POST",
        "/v1/templates",
        ("name", "subject", "text_body", "html_body"),
        makes=True,
    ),
)
