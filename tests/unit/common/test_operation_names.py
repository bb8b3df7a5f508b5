"""What operations are called."""

from __future__ import annotations

import pytest

from libs.common.http.operation_names import operation_name


@pytest.mark.parametrize(
    ("function", "path", "name"),
    [
        ("list_jobs", "/v1/jobs", "list_jobs"),
        ("list_rows", "/v1/jobs/{job_id}/rows", "list_job_rows"),
        ("cancel", "/v1/jobs/{job_id}/cancel", "cancel_job"),
        ("cancel", "/v1/billing/subscription/cancel", "cancel_billing_subscription"),
        ("show", "/v1/mailboxes/{mailbox_id}", "show_mailbox"),
        ("post_sign_up", "/auth/v1/signup", "post_auth_sign_up"),
        ("download_audit", "/v1/audit.csv", "download_audit_csv"),
    ],
)
def test_a_name_holds_the_functions_words_and_the_paths_each_once(function: str, path: str, name: str) -> None:
    """Red when an operation changes its name in every client, or is named after a service's inside only."""
    assert operation_name(function, path=path) == name
