"""Which column plays which role: by header first, by values second."""

import pytest

from services.ingest.domain.columns import column_type
from services.ingest.domain.mapping import ColumnFacts, suggest_mapping

VALUES = {
    "email": ["ana@acme.example", "bo@beta.example"],
    "website": ["acme.example", "https://beta.example/about"],
    "phone": ["+49 30 1234567", "(415) 555-0100"],
    "linkedin": ["https://www.linkedin.com/in/ana", "linkedin.com/in/bo"],
}


def facts(sheet: dict[str, list[str]]) -> list[ColumnFacts]:
    return [ColumnFacts(name, column_type(values), values) for name, values in sheet.items()]


def suggest(sheet: dict[str, list[str]]) -> dict[str, str]:
    names = list(sheet)
    return {role: names[index] for role, index in suggest_mapping(facts(sheet)).items()}


def by_header(*names: str) -> dict[str, str]:
    return suggest({name: ["some", "words here"] for name in names})


@pytest.mark.parametrize(
    ("header", "role"),
    [
        ("Email", "email"),
        ("E-Mail-Adresse", "email"),
        ("EMAIL_ADDRESS", "email"),
        ("emailAddress", "email"),
        ("Contact's Email", "email"),
        ("Correo electrónico", "email"),
        ("First Name", "first_name"),
        ("firstname", "first_name"),
        ("FirstName", "first_name"),
        ("Prénom", "first_name"),
        ("Vorname", "first_name"),
        ("Surname", "last_name"),
        ("Nachname", "last_name"),
        ("last_name", "last_name"),
        ("Full Name", "full_name"),
        ("Contact", "full_name"),
        ("Company", "company"),
        ("Company Name", "company"),
        ("Organisation", "company"),
        ("Şirket", "company"),
        ("Société", "company"),
        ("Account Name", "company"),
        ("Website", "website"),
        ("Company Domain", "website"),
        ("Company Website URL", "website"),
        ("Job Title", "title"),
        ("Position", "title"),
        ("Country", "country"),
        ("Ülke", "country"),
        ("Land", "country"),
        ("State / Province", "state"),
        ("Bundesland", "state"),
        ("City", "city"),
        ("Ville", "city"),
        ("Mobile Phone", "phone"),
        ("Tel.", "phone"),
        ("Phone #", "phone"),
        ("Person Linkedin Url", "linkedin"),
        ("Industry", "industry"),
        ("GICS Sector", "industry"),
        ("Branche", "industry"),
    ],
)
def test_a_header_names_its_role(header: str, role: str) -> None:
    assert by_header("Notes to self", header) == {role: header}


@pytest.mark.parametrize(
    "header",
    ["Email Status", "Email Confidence", "Company Linkedin Url", "Country Code 2 source", "Lead Owner", "SIC Codes"],
)
def test_a_header_about_a_thing_is_not_the_thing(header: str) -> None:
    assert by_header(header) == {}


def test_values_speak_where_headers_are_silent() -> None:
    sheet = {f"field {index}": values for index, values in enumerate(VALUES.values())}
    assert suggest(sheet) == {
        "email": "field 0",
        "website": "field 1",
        "phone": "field 2",
        "linkedin": "field 3",
    }


def test_a_header_is_not_believed_when_its_values_say_otherwise() -> None:
    assert suggest({"Email": ["yes", "no", "yes"], "Contact info": VALUES["email"]}) == {"email": "Contact info"}


def test_the_first_spelling_wins_and_each_column_plays_one_role() -> None:
    assert by_header("Secondary Email", "Work Email", "Email") == {"email": "Email"}


def test_a_bare_name_is_a_person_beside_an_email_and_a_company_beside_first_and_last_name() -> None:
    assert suggest({"Name": ["Ana Bo"], "Email": VALUES["email"]})["full_name"] == "Name"
    assert by_header("Name", "First Name", "Last Name")["company"] == "Name"
    assert by_header("Name", "Country") == {"company": "Name", "country": "Country"}
    assert by_header("Name", "Company")["full_name"] == "Name"


def test_an_apollo_export_is_understood() -> None:
    sheet = {
        "First Name": ["Ana"],
        "Last Name": ["Bo"],
        "Title": ["CEO"],
        "Company": ["Acme"],
        "Company Name for Emails": ["Acme"],
        "Email": VALUES["email"],
        "Email Status": ["Verified"],
        "Primary Email Source": ["Apollo"],
        "# Employees": ["120"],
        "Industry": ["lubricants"],
        "Person Linkedin Url": VALUES["linkedin"],
        "Website": VALUES["website"],
        "Company Linkedin Url": ["http://www.linkedin.com/company/acme"],
        "City": ["Berlin"],
        "State": ["Berlin"],
        "Country": ["Germany"],
        "Company Phone": VALUES["phone"],
    }
    assert suggest(sheet) == {
        "email": "Email",
        "first_name": "First Name",
        "last_name": "Last Name",
        "company": "Company",
        "website": "Website",
        "title": "Title",
        "country": "Country",
        "state": "State",
        "city": "City",
        "phone": "Company Phone",
        "linkedin": "Person Linkedin Url",
        "industry": "Industry",
    }


def test_an_empty_column_may_still_play_the_role_its_header_names() -> None:
    assert suggest({"Email": []}) == {"email": "Email"}
