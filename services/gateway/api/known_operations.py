"""The operations of the whole public API, to find a request's among them."""

import functools

from services.gateway.domain.operations import Operations
from services.gateway.public_api import public_document


@functools.cache
def known_operations() -> Operations:
    """Those of the committed description."""
    return Operations(public_document())
