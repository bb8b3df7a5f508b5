"""What a workspace sells and to whom: products, rules, and a row to try them on."""

from collections.abc import Callable
from functools import partial

from fastapi import APIRouter, Response

from libs.common.errors import Invalid
from libs.common.http.dependencies import Uow
from libs.common.http.etags import NOT_MODIFIED, IfNoneMatch
from libs.common.http.identity import CurrentIdentity
from libs.common.http.problems import PROBLEM_RESPONSES
from libs.common.uow import UnitOfWork
from services.enrich.api.asked import AskedDep, tag
from services.enrich.domain.products import catalogue_edits as edits
from services.enrich.domain.products.catalogue import Catalogue
from services.enrich.domain.products.catalogue_edits import Edited
from services.enrich.repositories import catalogues
from services.enrich.schemas.catalogue import (
    CatalogueModel,
    NewRule,
    ProductChanges,
    ProductModel,
    RuleChanges,
    RuleOrder,
    TraceBody,
)
from services.enrich.schemas.catalogue_answers import CatalogueOut, TraceOut
from services.enrich.use_cases.change_catalogue import Asked, change_catalogue
from services.enrich.use_cases.trace_row import TriedRow, trace_row

router = APIRouter(prefix="/v1/catalogue", responses=PROBLEM_RESPONSES, tags=["catalogue"])


@router.get("", responses=NOT_MODIFIED)
async def get_catalogue(
    identity: CurrentIdentity, uow: Uow, response: Response, _known: IfNoneMatch = None
) -> CatalogueOut:
    """All products and rules. The `ETag` is the version; a workspace that never had a catalogue is at version 0."""
    shown = CatalogueOut.of(await catalogues.newest(uow.conn, identity.workspace_id))
    tag(response, shown.version)
    return shown


@router.put("")
async def put_catalogue(body: CatalogueModel, asked: AskedDep, uow: Uow, response: Response) -> CatalogueOut:
    """Replace everything. `If-Match` is required: 412 `catalogue_changed` when somebody has changed it meanwhile."""
    if asked.expected is None:
        msg = (
            "send the ETag of the catalogue you changed as If-Match: it is what keeps you from undoing others' changes"
        )
        raise Invalid(msg, code="if_match_required")
    wanted = body.told()
    return await changed(partial(edits.replace_all, wanted=wanted, change="Catalogue replaced"), asked, uow, response)


@router.post("/products", status_code=201)
async def add_product(body: ProductModel, asked: AskedDep, uow: Uow, response: Response) -> CatalogueOut:
    """One more product. With an `Idempotency-Key` a repeated request adds none."""
    return await changed(partial(edits.add_product, product=body.told()), asked, uow, response)


@router.patch("/products/{product_id}")
async def change_product(
    product_id: str, body: ProductChanges, asked: AskedDep, uow: Uow, response: Response
) -> CatalogueOut:
    """Some fields of a product."""
    edit = partial(edits.change_product, product_id=product_id, changes=body.told())
    return await changed(edit, asked, uow, response)


@router.delete("/products/{product_id}")
async def remove_product(product_id: str, asked: AskedDep, uow: Uow, response: Response) -> CatalogueOut:
    """409 `product_in_use` while a rule offers it."""
    return await changed(partial(edits.remove_product, product_id=product_id), asked, uow, response)


@router.post("/rules", status_code=201)
async def add_rule(body: NewRule, asked: AskedDep, uow: Uow, response: Response) -> CatalogueOut:
    """One more rule, at its place or last. With an `Idempotency-Key` a repeated request adds none."""
    return await changed(partial(edits.add_rule, rule=body.told(), place=body.place), asked, uow, response)


@router.put("/rules/order")
async def reorder_rules(body: RuleOrder, asked: AskedDep, uow: Uow, response: Response) -> CatalogueOut:
    """The order in which rules are tried. Each has to be named once."""
    return await changed(partial(edits.reorder_rules, rule_ids=body.rules), asked, uow, response)


@router.patch("/rules/{rule_id}")
async def change_rule(rule_id: str, body: RuleChanges, asked: AskedDep, uow: Uow, response: Response) -> CatalogueOut:
    """Some fields of a rule; its conditions are given whole."""
    return await changed(partial(edits.change_rule, rule_id=rule_id, changes=body.told()), asked, uow, response)


@router.delete("/rules/{rule_id}")
async def remove_rule(rule_id: str, asked: AskedDep, uow: Uow, response: Response) -> CatalogueOut:
    """The rules after it are then tried one place earlier."""
    return await changed(partial(edits.remove_rule, rule_id=rule_id), asked, uow, response)


@router.post("/test")
async def test_row(body: TraceBody, identity: CurrentIdentity, uow: Uow) -> TraceOut:
    """Which rule decides for a row, and of every rule which condition holds and why. Nothing is saved or charged."""
    saved = await catalogues.newest(uow.conn, identity.workspace_id)
    version = saved.about.version if saved else 0
    catalogue = body.catalogue.told() if body.catalogue else saved.catalogue if saved else Catalogue()
    row = TriedRow(body.cells, body.mapping, body.found)
    draft = edits.replace_all(Catalogue(), catalogue, change="").catalogue
    choice, tried = trace_row(row, draft, version=version)
    return TraceOut.of(version, choice, tried)


async def changed(
    edit: Callable[[Catalogue], Edited], asked: Asked, uow: UnitOfWork, response: Response
) -> CatalogueOut:
    """The catalogue after an edit, with its version as ETag."""
    shown = CatalogueOut.of(await change_catalogue(edit, asked, uow=uow))
    tag(response, shown.version)
    return shown
