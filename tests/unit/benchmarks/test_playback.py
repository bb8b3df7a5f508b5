"""What the benchmark's providers say: made once for each kind of lead, under the name of whoever is asked about."""

import orjson

from benchmarks import leads
from benchmarks.playback import app, played_back
from deploy.sandbox.app import ENDPOINTS
from deploy.sandbox.gate import SERVE, Verdict
from deploy.sandbox.state import Sandbox, SandboxSettings
from deploy.sandbox.web import Answer, Request

BOX = Sandbox(SandboxSettings())
SEARCH = ("POST", "/serper/search")


def asked(nth: int, *, more: str = "") -> Request:
    _, first, last, _, company, site, *_ = leads.lead(nth)
    query = f'"{company}" "{first} {last}" {site}{more}'
    return Request("POST", "/serper/search", b"", [(b"x-api-key", b"key")], orjson.dumps({"q": query, "num": 8}))


class Counted:
    """The real search, and how often it was asked."""

    def __init__(self, besides: bytes = b"") -> None:
        self.calls = 0
        self._besides = besides

    def __call__(self, request: Request, box: Sandbox, verdict: Verdict) -> Answer:
        self.calls += 1
        answer = ENDPOINTS[SEARCH].answer(request, box, verdict)
        answer.body += self._besides
        return answer


def test_another_company_of_the_kind_gets_the_answer_under_its_own_name():
    """Red when the name of the first one asked about is left in the answer, or the sandbox is asked again."""
    real = Counted()
    play = played_back(real)
    first, second = (play(asked(nth), BOX, SERVE) for nth in (7, 7 + leads.KINDS))
    assert real.calls == 1
    one, other = leads.mark(7).encode(), leads.mark(7 + leads.KINDS).encode()
    assert second.body == first.body.replace(one, other).replace(one.capitalize(), other.capitalize())
    assert one not in second.body.lower()
    assert other in second.body
    assert orjson.loads(second.body)["organic"]


def test_who_is_asked_something_else_gets_an_answer_of_their_own():
    """Red when more than the company's name is left out of the question."""
    real = Counted()
    play = played_back(real)
    for request in (asked(7), asked(8), asked(7, more=" news")):
        assert play(request, BOX, SERVE).body == ENDPOINTS[SEARCH].answer(request, BOX, SERVE).body
    assert real.calls == 3


def test_an_answer_that_names_another_company_is_not_said_of_everybody():
    """Red when every answer is kept."""
    real = Counted(leads.mark(999).upper().encode())
    play = played_back(real)
    for nth in (7, 7 + leads.KINDS):
        play(asked(nth), BOX, SERVE)
    assert real.calls == 2


def test_leads_of_a_kind_differ_in_nothing_but_their_company_and_their_numbers():
    """Red when a field follows the lead's number with another period: then nothing would be played back."""
    row, other = leads.lead(31), leads.lead(31 + 3 * leads.KINDS)
    word = leads.mark(31)
    shown = [cell.replace(leads.mark(31 + 3 * leads.KINDS), word) for cell in map(str.lower, other)]
    differing = [leads.HEADER[at] for at, cell in enumerate(map(str.lower, row)) if cell != shown[at]]
    assert differing == ["Lead ID", "Phone"]


def test_every_endpoint_is_played_back():
    """Red when the benchmark's sandbox serves an endpoint as it is, or leaves one out."""
    assert app.endpoints.keys() == ENDPOINTS.keys()
    assert all(app.endpoints[route].answer is not ENDPOINTS[route].answer for route in ENDPOINTS)
