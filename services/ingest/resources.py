"""What ingest's routes need beside the platform: opened once by the composition root."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from libs.common.storage import Storage
from services.ingest.settings import IngestSettings


@dataclass(frozen=True)
class Resources:
    """The service's settings and its object storage."""

    settings: IngestSettings
    storage: Storage


def resources_of(request: Request) -> Resources:
    """The resources of this process."""
    resources = request.app.state.parts.resources
    assert isinstance(resources, Resources)
    return resources


IngestResources = Annotated[Resources, Depends(resources_of)]
