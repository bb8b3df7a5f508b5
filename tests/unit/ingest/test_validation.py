"""What is wrong with an address, a row; which rows are the same lead."""

import io

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.ids import new_id
from services.ingest.checking.child import check_lines
from services.ingest.domain.addresses import Mail, host_of, read_mail
from services.ingest.domain.lead_identity import lead_key
from services.ingest.domain.validation import ADVICE, Columns, check_row
from services.ingest.segments import encode_row

COLUMNS = Columns({"email": 0, "first_name": 1, "last_name": 2, "company": 3, "website": 4}, named=5)


def codes(*cells: str) -> set[str]:
    return {finding.code for finding in check_row(cells, COLUMNS)[0]}


@pytest.mark.parametrize(
    "text",
    [
        *(
            "ana@acme.example",
            " Ana.Bo+x@Sub.Acme.co.uk ",
            "o'neil@acme.ie",
            "jörg@müller.example.de",
            "ana@münchen.de",
        ),
        *("a@xn--mnchen-3ya.de", '"ana bo"@acme.com', "x_y-z@a-b.museum", "1@2.com", "用户@例子.广告"),
    ],
)
def test_an_address_is_taken(text: str) -> None:
    """Red when a real address is called bad: the row would be passed over for nothing."""
    assert isinstance(read_mail(text), Mail)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "ana",
            "ana@",
            "@acme.example",
            "ana@acme",
            "ana@@acme.example",
            "ana bo@acme.example",
            "ana@acme..com",
            "a.@x.com",
        ),
        *(
            ".ana@acme.com",
            "ana@-acme.com",
            "ana@acme.c",
            "ana@acme.com, bo@acme.com",
            "Ana <ana@acme.com>",
            "ana@127.0.0.1",
        ),
        *(
            "mailto:ana@acme.com",
            "x" * 65 + "@acme.com",
            "a@" + "x" * 64 + ".com",
            "http://acme.com",
            "ana@acme.com;",
            "ä@",
        ),
    ],
)
def test_what_is_no_address_is_bad(text: str) -> None:
    assert read_mail(text) == "bad_email"


@pytest.mark.parametrize("text", ["n/a", "-", "NONE", "test@test", "test@test.com", "email@example.com", "Unbekannt"])
def test_a_placeholder_is_called_one(text: str) -> None:
    assert read_mail(text) == "placeholder_email"


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("acme.example", "acme.example"),
        ("https://www.Acme.example:8443/about?x=1#y", "acme.example"),
        ("//acme.example/", "acme.example"),
        ("http://münchen.de", "xn--mnchen-3ya.de"),
        ("acme.example.", "acme.example"),
        *(
            (text, None)
            for text in ("acme", "acme dot com", "ana@acme.example", "10.0.0.1", "http://", "ftp://acme.com", "a..b")
        ),
    ],
)
def test_a_web_address_has_a_host_or_is_none(text: str, host: str | None) -> None:
    assert host_of(text) == host


def test_each_fault_of_a_row_has_its_code() -> None:
    """Red when a fault goes unseen or a good row is complained about."""
    assert codes("ana@acme.example", "Ana", "Bo", "Acme", "acme.example") == set()
    assert codes("ana@acme.example", "Ana", "", "", "") == set()
    assert codes("ana@gmail.com", "Ana", "", "", "") == {"missing_company"}
    assert codes("ana@gmail.com", "Ana", "", "-", "n/a") == {"missing_company"}
    assert codes("", "Ana", "", "Acme", "") == {"missing_email"}
    assert codes("info@acme.example", "", "", "", "") == {"role_address", "missing_person"}
    assert codes("ana@", "Ana", "", "Acme", "no site") == {"bad_email", "bad_website"}
    assert codes("ana@acme.example", "A" * 2001, "", "", "") == {"text_too_long"}
    assert codes("ana@acme.example", "Ana", "", "", "", "", "beyond") == {"ragged_row"}
    assert codes() == codes("", "", "") == {"blank_row"}


def test_what_no_column_is_for_is_not_missing() -> None:
    """Red when a list of companies is told a million times that it names nobody."""
    assert check_row(["Acme"], Columns({"company": 0}, named=1))[0] == []
    assert check_row(["x"], Columns({}, named=1)) == ([], None)


def key(*cells: str) -> int | None:
    return check_row(cells, COLUMNS)[1]


def test_rows_are_one_lead_by_mailbox_and_else_by_name_and_company() -> None:
    """Red when a spelling makes two leads of one, or two people of one company become one."""
    assert key("Ana.Bo+news@googlemail.com") == key("anabo@gmail.com", "Somebody", "Else")
    assert key("ana.bo@acme.example") != key("anabo@acme.example")
    assert key("ana+a@acme.example") != key("ana+b@acme.example")
    assert key("ana+a@outlook.com") == key("ana@outlook.com")
    assert (
        key("", "Ana", "Bo", "Acme GmbH")
        == key("n/a", "ANA", "bo", "acme gmbh & Co. KG")
        == key("", "Ána Bo", "", "Acme")
    )
    assert key("", "Ana", "Bo", "", "www.acme.example") == key("", "Ana", "Bo", "Acme", "https://acme.example/x")
    assert key("", "Ana", "Bo", "Acme") != key("", "Cy", "Dee", "Acme")
    assert key("", "", "", "Acme") == key("", "", "", "ACME Inc.")
    assert key("", "Ana", "Bo") is None
    assert key("", "", "", "", "linkedin.com/in/ana") is None


@given(st.lists(st.text(max_size=40), max_size=7))
def test_no_text_breaks_the_check_and_every_code_is_explained(cells: list[str]) -> None:
    """Red when a stranger's text raises: the whole upload would go unchecked."""
    found, lead = check_row(cells, COLUMNS)
    assert {finding.code for finding in found} <= set(ADVICE)
    assert lead is None or -(2**63) <= lead < 2**63
    assert check_row(cells, COLUMNS) == (found, lead)


@given(st.emails())
def test_a_key_is_the_same_for_every_spelling_of_an_address(address: str) -> None:
    mail = read_mail(address)
    if isinstance(mail, Mail):
        again = read_mail(f"  {address.upper()} ") if address.isascii() else mail
        assert isinstance(again, Mail)
        keys = {lead_key(mail=each, person="", company="", host="") for each in (mail, again)}
        assert len(keys) == 1


def test_the_child_counts_every_row_and_writes_what_copy_takes() -> None:
    """Red when a value with quotes, line ends or NUL breaks the file, or a row is passed over."""
    about = {"upload_id": str(new_id()), "workspace_id": str(new_id()), "mapping": {"email": 0}, "named": 1}
    rows = [['a"b\n\0c'], ["ana@acme.example"], [], [17]]
    lines = io.BytesIO(b"\n".join([orjson.dumps(about), *(encode_row(row) for row in rows)]) + b"\n")
    problems, keys = io.StringIO(), io.StringIO()
    found = check_lines(lines, problems=problems, keys=keys)
    assert found == {"rows": 4, "counts": {"bad_email": {"0": 2}, "missing_company": {"-1": 2}, "blank_row": {"-1": 1}}}
    assert problems.getvalue().startswith(f'{about["upload_id"]},1,bad_email,0,"a""b\n\ufffdc",""\n')
    assert keys.getvalue().split(",")[1] == "2"
