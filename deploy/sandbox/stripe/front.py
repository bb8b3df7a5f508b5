"""What of Stripe is not its API: the pages that people see, and the knobs."""

from __future__ import annotations

import re
from collections.abc import Callable

from deploy.sandbox.controls import fault
from deploy.sandbox.render import page
from deploy.sandbox.state import Sandbox
from deploy.sandbox.stripe import dashboard, pay_pages, portal_page
from deploy.sandbox.stripe.controls import KNOBS
from deploy.sandbox.stripe.errors import StripeError
from deploy.sandbox.stripe.mount import MOUNT, pages_of
from deploy.sandbox.stripe.screen import Screen
from deploy.sandbox.web import Answer, Request, html_answer

_PAGES: tuple[tuple[str, re.Pattern[str], Callable[[Screen, str], Answer]], ...] = (
    ("GET", re.compile(rf"{MOUNT}/(dashboard)"), dashboard.dashboard_page),
    ("POST", re.compile(rf"{MOUNT}/(dashboard)"), dashboard.dashboard_post),
    ("GET", re.compile(rf"{MOUNT}/pay/([^/]+)"), pay_pages.checkout_page),
    ("POST", re.compile(rf"{MOUNT}/pay/([^/]+)"), pay_pages.checkout_post),
    ("GET", re.compile(rf"{MOUNT}/invoices/([^/]+)"), pay_pages.invoice_page),
    ("POST", re.compile(rf"{MOUNT}/invoices/([^/]+)"), pay_pages.invoice_post),
    ("GET", re.compile(rf"{MOUNT}/invoices/([^/]+)/pdf"), pay_pages.invoice_document),
    ("GET", re.compile(rf"{MOUNT}/portal/([^/]+)"), portal_page.portal_page),
    ("POST", re.compile(rf"{MOUNT}/portal/([^/]+)"), portal_page.portal_post),
)


def answer(request: Request, box: Sandbox) -> Answer | None:
    """The page or knob that is asked for; None when it is not one of Stripe's."""
    if not request.path.startswith(MOUNT):
        return None
    box.stripe.work()
    try:
        return _page(request, box) or _knob(request, box)
    finally:
        box.stripe.settle()


def _page(request: Request, box: Sandbox) -> Answer | None:
    for method, pattern, show in _PAGES:
        found = pattern.fullmatch(request.path)
        if found is not None and method == request.method:
            account = box.stripe.account
            account.pages = pages_of(request, box)
            screen = Screen(account, account.pages, request.body, box.dials.stripe)
            try:
                return show(screen, found[1])
            except StripeError as error:
                return html_answer(page("stripe_wrong.html", error=error.message), status=error.status)
    return None


def _knob(request: Request, box: Sandbox) -> Answer | None:
    for (method, pattern), turn in KNOBS.items():
        if method == request.method and pattern.fullmatch(request.path):
            try:
                return turn(request, box)
            except StripeError as error:
                return fault(error.message, status=error.status)
    return None
