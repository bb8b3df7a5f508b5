"""The catalogues of the lists in hand, read once per process."""

from collections import OrderedDict
from typing import TypeVar
from uuid import UUID

from libs.common.uow import UnitOfWorkFactory
from services.enrich.domain.products.catalogue import Catalogue
from services.enrich.domain.products.product_rules import Products
from services.enrich.repositories import catalogues

K = TypeVar("K")
V = TypeVar("V")

_LISTS = 2_000
_CATALOGUES = 64
_NONE = Products(Catalogue(), version=0)


class CatalogueShelf:
    """Holds what has been asked for last: a list's version never changes, and neither does what a version says."""

    def __init__(self, open_uow: UnitOfWorkFactory) -> None:
        self._open_uow = open_uow
        self._versions: OrderedDict[UUID, int] = OrderedDict()
        self._products: OrderedDict[tuple[UUID, int], Products] = OrderedDict()

    async def products_for(self, family_id: UUID, *, workspace_id: UUID) -> Products:
        """The products by which the rows of a list and of its retries are chosen. The first to ask pins the version."""
        version = self._versions.get(family_id)
        products = None if version is None else self._on_shelf(workspace_id, version)
        if products is None:
            async with self._open_uow() as uow:
                version = await catalogues.pin(uow.conn, family_id, workspace_id=workspace_id)
                products = self._on_shelf(workspace_id, version)
                saved = None if products else await catalogues.load(uow.conn, workspace_id, version)
            # Only what is committed is believed: a pin that was rolled back may be another version the next time.
            if products is None:
                assert saved is not None, (
                    f"version {version} of the catalogue of {workspace_id} is pinned and is not there"
                )
                products = Products(saved.catalogue, version=version)
                _put(self._products, (workspace_id, version), products, most=_CATALOGUES)
            _put(self._versions, family_id, version, most=_LISTS)
        return products

    def _on_shelf(self, workspace_id: UUID, version: int) -> Products | None:
        if version == 0:
            return _NONE
        found = self._products.get((workspace_id, version))
        if found is not None:
            self._products.move_to_end((workspace_id, version))
        return found


def _put(shelf: OrderedDict[K, V], key: K, value: V, *, most: int) -> None:
    shelf[key] = value
    shelf.move_to_end(key)
    if len(shelf) > most:
        shelf.popitem(last=False)
