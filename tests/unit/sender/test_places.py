"""Places: which zone a row's words lead to, and what it was taken from."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.sender.domain.places import Place, place_of


def where(country: str = "", state: str = "", city: str = "", phone: str = "", email: str = "ann@company.com") -> Place:
    return place_of(country=country, state=state, city=city, phone=phone, email=email, fallback_zone="Europe/Vienna")


@pytest.mark.parametrize(
    "country", ["Germany", "germany ", "Deutschland", "DE", "deu", "Allemagne", "ALEMANIA", "ドイツ"]
)
def test_a_country_is_known_by_its_names_in_many_languages_and_by_its_codes(country: str) -> None:
    """Red when a German sheet's Deutschland sends at the workspace's hours."""
    assert where(country) == Place("Europe/Berlin", "country", "DE", "")


@pytest.mark.parametrize(
    ("country", "code"),
    [("USA", "US"), ("U.S.A.", "US"), ("UK", "GB"), ("England", "GB"), ("Holland", "NL"), ("Türkiye", "TR"),
     ("Turkey", "TR"), ("Brasil", "BR"), ("South Korea", "KR"), ("Czech Republic", "CZ"), ("Россия", "RU"),
     ("Côte d'Ivoire", "CI"), ("Viet Nam", "VN"), ("UAE", "AE"), ("Schweiz", "CH"), ("Costa de Marfil", "CI"),
     ("Elfenbeinküste", "CI"), ("Bundesrepublik Deutschland", "DE"), ("Republic of Poland", "PL"), ("Burma", "MM"),
     ("Bosnia & Herzegovina", "BA"), ("Bosnia and Herzegovina", "BA"), ("Korea, Republic of", "KR"), ("Hong Kong", "HK"),
     ("Saint Lucia", "LC"), ("St. Lucia", "LC"), ("Moldau", "MD"), ("США", "US")],
)  # fmt: skip
def test_what_people_call_a_country_is_understood(country: str, code: str) -> None:
    """Red when a name that people use is not in the table."""
    assert where(country).country == code


@pytest.mark.parametrize(
    ("code", "country"), [("MY", "MY"), ("MYS", "MY"), ("AO", "AO"), ("BI", "BI"), ("NGA", "NG"), ("AUT", "AT")]
)
def test_a_code_is_no_other_countrys_name(code: str, country: str) -> None:
    """Red when Malaysia's code is nowhere because Vietnamese calls America so."""
    assert where(code).country == country


def test_a_name_of_two_countries_is_nowhere() -> None:
    """Red when Kinshasa is written to at Brazzaville's hours."""
    assert where("Congo").source == "workspace"
    assert where("Congo-Kinshasa").country == "CD"
    assert where("Republic of the Congo").country == "CG"


@pytest.mark.parametrize(
    ("country", "state", "zone"),
    [("US", "CA", "America/Los_Angeles"), ("US", "new york", "America/New_York"), ("USA", "US-TX", "America/Chicago"),
     ("US", "Arizona", "America/Phoenix"), ("US", "Hawaii", "Pacific/Honolulu"), ("US", "PR", "America/Puerto_Rico"),
     ("Canada", "BC", "America/Vancouver"), ("Canada", "Québec", "America/Toronto"), ("CA", "NL", "America/St_Johns"),
     ("Australia", "WA", "Australia/Perth"), ("AU", "Queensland", "Australia/Brisbane"), ("Brazil", "AM", "America/Manaus"),
     ("Brasil", "São Paulo", "America/Sao_Paulo"), ("México", "Sonora", "America/Hermosillo"),
     ("Russia", "Primorskiy kray", "Asia/Vladivostok"), ("Spain", "Las Palmas", "Atlantic/Canary"),
     ("Portugal", "Azores", "Atlantic/Azores"), ("Indonesia", "Bali", "Asia/Makassar"),
     ("Indonesia", "Jawa Timur", "Asia/Jakarta"), ("Spanien", "Canarias", "Atlantic/Canary"), ("MX", "NL", "America/Monterrey"),
     ("Mexico", "Q. Roo", "America/Cancun"), ("RU", "Tatarstan, Respublika", "Europe/Moscow"), ("US", "Guam", "Pacific/Guam")],
)  # fmt: skip
def test_in_a_country_of_several_zones_the_state_tells_by_name_or_code(country: str, state: str, zone: str) -> None:
    """Red when somebody in Perth is written to at Sydney's hours."""
    found = where(country, state)
    assert (found.time_zone, found.source) == (zone, "state")


def test_a_city_is_more_exact_than_its_state_where_that_has_two_zones() -> None:
    """Red when El Paso has the hours of Dallas."""
    assert where("US", "TX", "El Paso") == Place("America/Denver", "city", "US", "TX")
    assert where("US", "TX", "Nowhere at all") == Place("America/Chicago", "state", "US", "TX")


def test_a_city_with_its_country_tells_unless_two_of_its_name_lie_in_different_zones() -> None:
    """Red when any Springfield is taken for the one that comes first."""
    assert where("US", city="Austin") == Place("America/Chicago", "city", "US", "TX")
    assert where("US", city="Springfield").source == "country"


def test_a_city_without_a_country_counts_only_when_it_is_clearly_one() -> None:
    """Red when Paris, Texas, is where Parisians are written to, or San Jose is guessed."""
    assert where(city="Paris") == Place("Europe/Paris", "city", "FR", "")
    assert where(city="München").time_zone == "Europe/Berlin"
    assert where(city="San Jose").source == "workspace"
    assert where(state="CA", city="San Jose") == Place("America/Los_Angeles", "city", "US", "CA")


def test_a_state_without_a_country_counts_when_one_country_has_it() -> None:
    """Red when California is nowhere, or when two letters are taken for a state of some country."""
    assert where(state="California") == Place("America/Los_Angeles", "state", "US", "CA")
    assert where(state="BA").source == "workspace"


def test_an_area_code_tells_the_zone_of_a_row_that_says_no_more_than_its_country() -> None:
    """Red when a number in San Francisco is called New York's."""
    assert where("US", phone="(415) 555-2671") == Place("America/Los_Angeles", "phone", "US", "")
    assert where(phone="+44 20 7946 0018") == Place("Europe/London", "phone", "GB", "")
    assert where(phone="0049 89 636 48018").country == "DE"


def test_a_number_of_another_country_does_not_move_a_row() -> None:
    """Red when a German with an American number is written to at night."""
    assert where("Deutschland", phone="+1 415 555 2671") == Place("Europe/Berlin", "country", "DE", "")
    assert where("US", phone="+49 89 636 48018") == Place("America/New_York", "country", "US", "")


def test_the_ending_of_an_address_tells_a_country_unless_everybody_uses_it() -> None:
    """Red when a start-up at .io is taken for the Indian Ocean."""
    assert where(email="a@firma.de") == Place("Europe/Berlin", "email_domain", "DE", "")
    assert where(email="a@shop.co.uk").country == "GB"
    assert where(email="a@start.io") == Place("Europe/Vienna", "workspace", "", "")


def test_the_part_of_the_country_is_kept_for_its_holidays() -> None:
    """Red when Bavaria has Berlin's holidays."""
    assert where("Germany", "Bavaria") == Place("Europe/Berlin", "country", "DE", "BY")
    assert where("Germany", "Bayern") == where(state="Bayern", country="DE") == where("DE", "BY")
    assert where("Schweiz", "Genève").subdivision == "GE"
    assert where("Spanien", "Katalonien").subdivision in {"", "CT"}
    assert where("ES", "Barcelona").subdivision == "CT"


_WORDS = st.one_of(
    st.text(max_size=30), st.sampled_from(("US", "Georgia", "CA", "Paris", "\x00", "00", "+1", "🙂", "::", "|;"))
)


@given(country=_WORDS, state=_WORDS, city=_WORDS, phone=_WORDS, email=_WORDS)
def test_nonsense_leads_to_a_zone_all_the_same(country: str, state: str, city: str, phone: str, email: str) -> None:
    """Red when a cell of a sheet can stop a campaign, or make up a zone that does not exist."""
    found = where(country, state, city, phone, email)
    assert ZoneInfo(found.time_zone)
