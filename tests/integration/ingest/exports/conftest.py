"""Exports are tested on the same ground as jobs."""

from tests.integration.ingest.jobs.conftest import ingest

__all__ = ["ingest"]
