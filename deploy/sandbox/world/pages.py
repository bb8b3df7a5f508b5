"""Turns what is known of a company into readable sentences, each of which names whom it speaks of."""

from __future__ import annotations

from deploy.sandbox.world.chance import pick
from deploy.sandbox.world.model import Company, News, Page, Person, news_url, profile_url

PATHS = {"home": "/", "about": "/about", "products": "/products", "careers": "/careers"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_JOBS = (
    "a service technician and a sales engineer",
    "two apprentices and a buyer",
    "a quality inspector",
    "an account manager with a second language",
    "a data engineer and a planner",
    "a shift leader for the night",
)


def day(item: News) -> str:
    """The date as search results print it."""
    return f"{_MONTHS[item.day.month - 1]} {item.day.day}, {item.day.year}"


def deed(company: Company, item: News) -> str:
    """The news in two sentences."""
    return f"{company.name} {item.deed}. {item.detail}."


def portrait(company: Company, person: Person) -> str:
    """A person in two sentences."""
    recent = f" {person.name} {person.recent}." if person.recent else ""
    if not person.background:
        return f"{person.name} works at {company.name} as {person.role}.{recent}"
    return f"{person.name}, {person.role} at {company.name}, {person.background}.{recent}"


def offer(company: Company) -> str:
    """What the company sells, to whom."""
    if company.sells and company.to:
        return f"{company.name} supplies {company.sells} to {company.to}."
    return f"{company.name} works in {company.industry}." if company.industry else ""


def seat(company: Company) -> str:
    """Where it is and how many work there."""
    place = company.place
    if not place:
        return ""
    people = f", and has {company.staff} employees" if company.staff else ""
    return f"{company.name} is based in {place}{people}."


def own_page(company: Company, page: str) -> Page | None:
    """One of the four pages of the company's site, or nothing when there is no such page."""
    writer = _WRITERS.get(page)
    if writer is None:
        return None
    title, sentences = writer(company)
    return Page(url=company.url(PATHS[page]), title=title, text=" ".join(line for line in sentences if line))


def article(company: Company, item: News) -> Page:
    """The article behind a piece of news."""
    place = f" The company from {company.place} confirmed the news." if company.place else ""
    return Page(
        url=news_url(company, item),
        title=f"{company.name} {item.deed}",
        text=f"{item.source}, {day(item)}. {deed(company, item)}{place}",
    )


def profile(company: Company, person: Person) -> Page:
    """The profile of a person on the network of the world."""
    place = f" {company.name} is based in {company.place}." if company.place else ""
    return Page(
        url=profile_url(company, person),
        title=f"{person.name} - {person.role} - {company.name} | Workfolk",
        text=portrait(company, person) + place,
    )


def _home(company: Company) -> tuple[str, list[str]]:
    about = f"{company.name} {company.about}." if company.about else ""
    title = f"{company.name} - {company.tagline}" if company.tagline else company.name
    mentions = [f"{company.name} is often mentioned together with {hint}." for hint in company.mentions]
    return title, [offer(company), about, seat(company), *mentions]


def _about(company: Company) -> tuple[str, list[str]]:
    where = f" in {company.city}" if company.city else ""
    founded = f"{company.name} was founded in {company.founded}{where}." if company.founded else ""
    about = f"{company.name} {company.about}." if company.about else ""
    return f"About {company.name}", [founded, about, seat(company), *(portrait(company, who) for who in company.people)]


def _products(company: Company) -> tuple[str, list[str]]:
    ranges = [f"{product} belongs to the range of {company.name}." for product in company.products]
    return f"Products of {company.name}", [offer(company), *ranges]


def _careers(company: Company) -> tuple[str, list[str]]:
    where = f" in {company.city}" if company.city else ""
    return f"Careers at {company.name}", [
        f"{company.name} is hiring {pick(_JOBS, company.domain, 'jobs')}{where}.",
        f"{company.name} answers every application within a week.",
    ]


_WRITERS = {"home": _home, "about": _about, "products": _products, "careers": _careers}
