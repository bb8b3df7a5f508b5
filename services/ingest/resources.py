"""What ingest's routes need beside the platform: opened once by the composition root."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from libs.common.storage import Storage
from services.ingest.clients.accounts import Account
from services.ingest.clients.apollo import Apollo
from services.ingest.domain.search_allowance import SearchAllowance
from services.ingest.settings import IngestSettings


def _nobody() -> Apollo:
    return Apollo(Account("missing"))


@dataclass(frozen=True)
class Resources:
    """The service's settings, its object storage, Apollo, and how often a workspace may look at a search."""

    settings: IngestSettings
    storage: Storage
    apollo: Apollo = field(default_factory=_nobody)
    searches: SearchAllowance = field(default_factory=SearchAllowance)


def resources_of(request: Request) -> Resources:
    """The resources of this process."""
    resources = request.app.state.parts.resources
    assert isinstance(resources, Resources)
    return resources


IngestResources = Annotated[Resources, Depends(resources_of)]
