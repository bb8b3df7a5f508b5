"""The catalogue that is shipped as an example: it chooses what a person would, for makers of lubricants and for nobody else."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest

from services.enrich.domain.lead import read_lead
from services.enrich.domain.products.catalogue import faults_of
from services.enrich.domain.products.product_rules import Choice, Products
from services.enrich.domain.products.row_facts import RowFacts
from services.enrich.schemas.catalogue import CatalogueModel

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "services" / "enrich" / "examples" / "lubricants.json"
COMPANIES = ROOT / "deploy" / "sandbox" / "world" / "data"
MAPPING = {"company": "Company", "country": "Country", "title": "Title", "industry": "Industry"}


@cache
def products() -> Products:
    return Products(CatalogueModel.model_validate(orjson.loads(EXAMPLE.read_bytes())).told(), version=1)


def companies(file: str) -> Sequence[dict[str, Any]]:
    return tomllib.loads((COMPANIES / f"{file}.toml").read_text())["company"]


def choice_for(company: dict[str, Any]) -> Choice | None:
    """From the row and what the company's own pages say."""
    cells = {"Company": company["name"], "Country": company["country"]}
    sold = [f"{company['name']} supplies {company['sells']} to {company['to']}.", *company["products"]]
    return products().choose(RowFacts.of(read_lead(1, cells, MAPPING), MAPPING, sold))


def test_the_example_can_be_imported_as_it_is() -> None:
    """Red when the first thing a user tries is refused."""
    catalogue = products().catalogue
    assert not faults_of(catalogue)
    assert (len(catalogue.products), len(catalogue.rules)) == (6, 12)
    offered = {rule.product for rule in catalogue.rules}
    assert offered == {product.id for product in catalogue.products}, "each product has a rule"


@pytest.mark.parametrize("company", companies("lubricants"), ids=lambda company: company["name"])
def test_a_maker_of_lubricants_is_offered_the_additive_for_what_it_makes(company: dict[str, Any]) -> None:
    """Red when a rule of the example shadows a better one."""
    expected = {
        "Halden Lubricants": "ester-base-oil",
        "Petrava Schmierstoffe": "metalworking-package",
        "Olio Brenta": "viscosity-improver",
        "Gulfmark Greases": "grease-thickener",
        "Lubrax do Sul": "viscosity-improver",
        "Kestrel Oil Works": "gear-oil-package",
        "Shirakawa Tribology": "grease-thickener",
        "Prairie Base Oils": "viscosity-improver",
        "Smary Odra": "grease-thickener",
    }
    choice = choice_for(company)
    assert choice is not None
    assert choice.product == expected[company["name"]], choice.why


@pytest.mark.parametrize("file", ["manufacturing", "technology", "services", "elsewhere"])
def test_who_makes_no_lubricants_is_offered_no_additive(file: str) -> None:
    """Red when a word like grease in passing turns a bearing maker into a customer."""
    offered = {
        company["name"]: choice.why for company in companies(file) if (choice := choice_for(company)) is not None
    }
    assert offered == {}


@pytest.mark.parametrize(
    ("cells", "product"),
    [
        ({"Company": "Nordlicht GmbH", "Industry": "Mineralölhandel"}, "hydraulic-zinc-free"),
        ({"Company": "Alpen Schmierstoffe AG", "Country": "Schweiz"}, "gear-oil-package"),
        ({"Company": "Kühn Hydrauliköle"}, "hydraulic-zinc-free"),
        ({"Company": "Baltic Oil", "Title": "Head of Wind"}, "gear-oil-package"),
        ({"Company": "Ölsaaten Müller", "Industry": "Landwirtschaft"}, None),
    ],
)
def test_german_and_english_words_count_in_the_row_as_well(cells: dict[str, str], product: str | None) -> None:
    """Red when a row that says it all is left to inference, or oil seeds are taken for oils."""
    choice = products().choose(RowFacts.of(read_lead(1, cells, MAPPING), MAPPING))
    assert (choice and choice.product) == product
