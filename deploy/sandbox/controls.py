"""The knobs for tests and people: dials, calls, the world, and whether the sandbox is well."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from deploy.sandbox.render import page
from deploy.sandbox.state import Sandbox
from deploy.sandbox.web import Answer, Request, html_answer, json_answer
from deploy.sandbox.world import pages
from deploy.sandbox.world.model import Company
from deploy.sandbox.world.world import SiteDownError, UnknownHostError, company_facts


def healthz(_: Request, box: Sandbox) -> Answer:
    """GET /healthz."""
    well = {"status": "ok", "companies": len(box.world.companies), "smtp_port": box.smtp_port}
    return json_answer(well | {"mails": len(box.mailbox.mails)})


def home(_: Request, box: Sandbox) -> Answer:
    """GET /: what this is."""
    return html_answer(page("home.html", box=box, companies=list(box.world.companies.values())))


def get_dials(_: Request, box: Sandbox) -> Answer:
    """GET /dials."""
    return json_answer(box.dials.model_dump())


def put_dials(request: Request, box: Sandbox) -> Answer:
    """PUT /dials: turn some, leave the others."""
    try:
        box.turn(box.dials.turned(request.json()))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        return fault(f"no such dial or value: {wrong}", status=400)
    return get_dials(request, box)


def delete_dials(request: Request, box: Sandbox) -> Answer:
    """DELETE /dials: all at rest."""
    box.reset_dials()
    return get_dials(request, box)


def get_calls(request: Request, box: Sandbox) -> Answer:
    """GET /calls?provider=&last=."""
    last = request.query("last", "100")
    report = box.calls.report(provider=request.query("provider"), last=int(last) if last.isdigit() else 100)
    return json_answer(report)


def get_arrivals(request: Request, box: Sandbox) -> Answer:
    """GET /arrivals?provider=: when requests arrived under a dialled limit, in seconds of a clock of its own."""
    gate = box.gates.get(request.query("provider"))
    if gate is None:
        return fault(f"provider is one of {', '.join(box.gates)}", status=400)
    return json_answer({"arrived": list(gate.arrived)})


def delete_calls(_: Request, box: Sandbox) -> Answer:
    """DELETE /calls: count anew."""
    box.calls.clear()
    return json_answer({"cleared": True})


def get_planted(_: Request, box: Sandbox) -> Answer:
    """GET /planted: what the language model has said wrongly on purpose, oldest first."""
    return json_answer({"items": box.planted.report(), "next_cursor": None})


def delete_planted(_: Request, box: Sandbox) -> Answer:
    """DELETE /planted: forget it."""
    box.planted.clear()
    return json_answer({"cleared": True})


def delete_world(_: Request, box: Sandbox) -> Answer:
    """DELETE /world: as it was written."""
    box.world.reset()
    return json_answer({"companies": len(box.world.companies)})


def put_page(request: Request, box: Sandbox) -> Answer:
    """PUT /world/pages {domain, page, text} or {domain, page, find, replace}."""
    body = request.json()
    domain, name = str(body.get("domain") or "").lower(), str(body.get("page") or "home")
    if "." not in domain:
        return fault("domain is missing", status=400)
    try:
        shown = box.world.page(f"https://{domain}{pages.PATHS.get(name, name)}")
    except (UnknownHostError, SiteDownError):
        return fault(f"there is no site at {domain}", status=404)
    text = body.get("text")
    if text is None:
        old = str(body.get("find") or "")
        if not old or old not in shown.text:
            return fault("`text` is missing, and `find` is not on the page", status=400)
        text = shown.text.replace(old, str(body.get("replace") or ""))
    changed = box.world.put_page(domain, name, str(text))
    return json_answer({"url": changed.url, "title": changed.title, "text": changed.text})


def get_companies(request: Request, box: Sandbox) -> Answer:
    """GET /world/companies[?q=]: the written companies, or those whose facts hold the words."""
    wanted = request.query("q").casefold()
    found = [one for one in box.world.companies.values() if wanted in str(company_facts(one)).casefold()]
    return json_answer({"items": [company_facts(one) for one in found], "next_cursor": None})


def get_company(request: Request, box: Sandbox) -> Answer:
    """GET /world/companies/{domain}, with its pages."""
    company = box.world.companies.get(request.path.rsplit("/", 1)[-1])
    if company is None:
        return fault("no such company was written", status=404)
    return json_answer(_with_pages(company, box))


def put_company(request: Request, box: Sandbox) -> Answer:
    """PUT /world/companies/{domain}: some facts, or a new company."""
    try:
        company = box.world.put_company(request.path.rsplit("/", 1)[-1].lower(), request.json())
    except (TypeError, ValueError, KeyError) as error:
        return fault(str(error), status=400)
    return json_answer(_with_pages(company, box))


def fault(detail: str, *, status: int) -> Answer:
    """An error of the sandbox's own, not of a provider."""
    return json_answer({"status": status, "code": "sandbox_error", "detail": detail}, status=status)


def _with_pages(company: Company, box: Sandbox) -> dict[str, Any]:
    up = replace(company, site="up")
    return company_facts(company) | {"pages": {name: box.world.company_page(up, name).text for name in pages.PATHS}}
