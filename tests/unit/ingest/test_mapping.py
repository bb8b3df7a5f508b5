"""Which column plays which role: by header first, by values second."""

import pytest

from services.ingest.domain.columns import column_type
from services.ingest.domain.mapping import ColumnFacts, is_memorable, suggest_mapping
from services.ingest.domain.mapping import suggest as suggest_by

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


# Headers as these tools write them, with what must come of them; what is not named plays no role.
EXPORTS: dict[str, dict[str, str | None]] = {
    "hubspot": {
        "Record ID": None,
        "First Name": "first_name",
        "Last Name": "last_name",
        "Email": "email",
        "Phone Number": "phone",
        "Contact owner": None,
        "Lead Status": None,
        "Job Title": "title",
        "Company Name": "company",
        "Website URL": "website",
        "City": "city",
        "State/Region": "state",
        "Country/Region": "country",
        "Industry": "industry",
        "Create Date": None,
    },
    "salesforce": {
        "Salutation": None,
        "FirstName": "first_name",
        "LastName": "last_name",
        "Title": "title",
        "Email": "email",
        "AccountName": "company",
        "MailingCity": "city",
        "MailingState": "state",
        "MailingCountry": "country",
        "Phone": "phone",
        "LeadSource": None,
        "OwnerId": None,
        "Website": "website",
    },
    "sales navigator": {
        "First Name": "first_name",
        "Last Name": "last_name",
        "Full Name": "full_name",
        "Current Job": "title",
        "Company Name": "company",
        "Company Domain": "website",
        "Linkedin URL Public": "linkedin",
        "Connections": None,
    },
    "clay": {
        "Full Name": "full_name",
        "Job Title": "title",
        "Company Domain": "website",
        "Work Email": "email",
        "LinkedIn Profile": "linkedin",
        "Company Name": "company",
        "Enrich person": None,
    },
    "lusha": {
        "First Name": "first_name",
        "Last Name": "last_name",
        "Job Title": "title",
        "Work Email": "email",
        "Phone 1": "phone",
        "Company Name": "company",
        "Company Domain": "website",
        "LinkedIn URL": "linkedin",
        "Company Main Industry": "industry",
        "Contact Country": "country",
        "Seniority": None,
    },
    "zoominfo": {
        "ZoomInfo Contact ID": None,
        "Last Name": "last_name",
        "First Name": "first_name",
        "Middle Name": None,
        "Job Title": "title",
        "Email Address": "email",
        "Direct Phone Number": "phone",
        "Person City": "city",
        "Person State": "state",
        "Country": "country",
        "Company Name": "company",
        "Website": "website",
        "Primary Industry": "industry",
        "LinkedIn Contact Profile URL": "linkedin",
    },
    "german": {
        "Anrede": None,
        "Vorname": "first_name",
        "Nachname": "last_name",
        "Firma": "company",
        "Stadt": "city",
        "E-Mail": "email",
        "Telefonnummer": "phone",
        "Webseite": "website",
        "Position": "title",
        "Land": "country",
        "Bundesland": "state",
        "Branche": "industry",
        "Bemerkung": None,
    },
    "french": {
        "Prénom": "first_name",
        "Nom": "last_name",
        "Société": "company",
        "Adresse e-mail": "email",
        "Téléphone": "phone",
        "Site internet": "website",
        "Fonction": "title",
        "Pays": "country",
        "Ville": "city",
        "Région": "state",
        "Secteur d'activité": "industry",
    },
    "spanish": {
        "Nombre": "first_name",
        "Apellidos": "last_name",
        "Empresa": "company",
        "Correo electrónico": "email",
        "Teléfono": "phone",
        "Página web": "website",
        "Cargo": "title",
        "País": "country",
        "Ciudad": "city",
        "Provincia": "state",
        "Sector": "industry",
    },
    "turkish": {
        "Ad": "first_name",
        "Soyad": "last_name",
        "Şirket": "company",
        "E-posta": "email",
        "Telefon": "phone",
        "Web sitesi": "website",
        "Ünvan": "title",
        "Ülke": "country",
        "Şehir": "city",
        "Sektör": "industry",
    },
    "dutch": {
        "Voornaam": "first_name",
        "Achternaam": "last_name",
        "Bedrijfsnaam": "company",
        "E-mailadres": "email",
        "Telefoonnummer": "phone",
        "Website": "website",
        "Functie": "title",
        "Land": "country",
        "Plaats": "city",
        "Provincie": "state",
        "Sector": "industry",
    },
}


@pytest.mark.parametrize("tool", EXPORTS)
def test_the_exports_people_have_are_understood(tool: str) -> None:
    """Red when a column of a known export plays no role, or another."""
    headers = EXPORTS[tool]
    assert by_header(*headers) == {role: header for header, role in headers.items() if role is not None}


def test_a_url_full_of_profiles_is_nobodys_website() -> None:
    """LinkedIn's own export of contacts. Red when every lead's company is LinkedIn."""
    assert suggest({"First Name": ["Ana"], "URL": VALUES["linkedin"], "Email Address": VALUES["email"]}) == {
        "email": "Email Address",
        "first_name": "First Name",
        "linkedin": "URL",
    }


def test_what_was_done_before_comes_first_and_says_so() -> None:
    """Red when a memory loses against a header, frees its column for another role, or is believed against the values."""
    sheet = facts({"Wer": VALUES["email"], "Email": VALUES["email"], "Company": ["Acme"], "Site": ["no", "yes"]})
    found = suggest_by(sheet, memory={"wer": "email", "company": None, "site": "website"})
    assert found.mapping == {"email": 0}
    assert found.by == {"email": "memory"}
    without = suggest_by(sheet, memory={})
    assert (without.mapping, without.by) == ({"email": 1, "company": 2}, {"email": "header", "company": "header"})


@pytest.mark.parametrize(("header", "memorable"), [("column 5", False), ("", False), ("column", True), ("email", True)])
def test_a_name_we_made_up_is_not_remembered(header: str, memorable: bool) -> None:
    """Red when column 5 of one sheet without a header decides on column 5 of the next."""
    assert is_memorable(header) is memorable
