"""Everybody who works in the world: the people who were written down, and for each company others derived from its facts."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from deploy.sandbox.world.chance import mix, number
from deploy.sandbox.world.model import Company, profile_url, slug
from deploy.sandbox.world.model import Person as Written
from deploy.sandbox.world.world import World

MOST_PER_COMPANY = 80
_LAST_NAMES = (Path(__file__).parent / "last_names.txt").read_text(encoding="utf-8").split()
_ROLES = (
    ("Chief Executive Officer", "c_suite", "master_executive"),
    ("Founder", "founder", "master_executive"),
    ("Chief Financial Officer", "c_suite", "master_finance"),
    ("Chief Technology Officer", "c_suite", "master_information_technology"),
    ("VP of Sales", "vp", "master_sales"),
    ("VP of Operations", "vp", "master_operations"),
    ("Head of Purchasing", "head", "master_operations"),
    ("Head of Marketing", "head", "master_marketing"),
    ("Sales Director", "director", "master_sales"),
    ("Plant Director", "director", "master_operations"),
    ("Director of Engineering", "director", "master_engineering_technical"),
    ("Marketing Manager", "manager", "master_marketing"),
    ("Purchasing Manager", "manager", "master_operations"),
    ("Account Manager", "manager", "master_sales"),
    ("Maintenance Manager", "manager", "master_operations"),
    ("Quality Manager", "manager", "master_operations"),
    ("Senior Buyer", "senior", "master_operations"),
    ("Senior Software Engineer", "senior", "master_engineering_technical"),
    ("Process Engineer", "entry", "master_engineering_technical"),
    ("Sales Development Representative", "entry", "master_sales"),
    ("Accountant", "entry", "master_finance"),
    ("Marketing Intern", "intern", "master_marketing"),
)
_WORDS = (
    ("chief", "c_suite"),
    ("geschäftsführer", "c_suite"),
    ("founder", "founder"),
    ("owner", "owner"),
    ("partner", "partner"),
    ("vp", "vp"),
    ("head", "head"),
    ("lead", "head"),
    ("director", "director"),
    ("manager", "manager"),
    ("senior", "senior"),
)
"""A word of a title and the seniority it speaks of, the higher one first."""
_STATUSES = ("verified",) * 7 + ("likely to engage",) + ("unverified", "unavailable")


class Worker(NamedTuple):
    """Somebody as a directory of people lists them. `status` is how sure their address is."""

    id: str
    first_name: str
    last_name: str
    title: str
    seniority: str
    department: str
    company: Company
    status: str
    profile: str

    @property
    def email(self) -> str | None:
        """The address, where there is one."""
        if self.status == "unavailable":
            return None
        return f"{slug(self.first_name)}.{slug(self.last_name)}.{self.id[-4:]}@{self.company.domain}"


class Directory(NamedTuple):
    """All of them, in an order that stays, and by id."""

    workers: list[Worker]
    by_id: dict[str, Worker]


def directory(world: World) -> Directory:
    """The directory of the world as it stands; made anew after an edit."""
    found = world.shown.get("people")
    if found is None:
        names = sorted(name.title() for name in world.first_names if name.isalpha())
        workers = [worker for company in world.companies.values() for worker in _staff(company, names)]
        workers.sort(key=lambda worker: worker.id)
        found = world.shown["people"] = Directory(workers, {worker.id: worker for worker in workers})
    return found


def _staff(company: Company, names: list[str]) -> list[Worker]:
    seed = number("staff", company.domain)
    written = [_written(company, person, number(str(seed), person.name)) for person in company.people]
    derived = [_derived(company, mix(seed, nth), names) for nth in range(min(company.staff, MOST_PER_COMPANY))]
    return written + derived


def _written(company: Company, person: Written, chance: int) -> Worker:
    first, _, last = person.name.partition(" ")
    title = person.role.casefold()
    seniority = next((rank for word, rank in _WORDS if word in title), "entry")
    profile = profile_url(company, person)
    return Worker(_id(chance), first, last, person.role, seniority, "master_operations", company, "verified", profile)


def _derived(company: Company, chance: int, names: list[str]) -> Worker:
    first = names[chance % len(names)]
    last = _LAST_NAMES[(chance >> 12) % len(_LAST_NAMES)]
    title, seniority, department = _ROLES[(chance >> 24) % len(_ROLES)]
    status = _STATUSES[(chance >> 36) % len(_STATUSES)]
    profile = f"https://workfolk.example/in/{slug(first)}-{slug(last)}-{_id(chance)[-6:]}"
    return Worker(_id(chance), first, last, title, seniority, department, company, status, profile)


def _id(chance: int) -> str:
    """24 hexadecimal digits, as the ids of people have them."""
    return f"{mix(chance, 1):016x}{mix(chance, 2) & 0xFFFFFFFF:08x}"
