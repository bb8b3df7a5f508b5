"""Alembic's entry: ingest's history, in ingest's schema."""

from libs.common.migrations import run_env
from services.ingest.tables import METADATA

run_env(METADATA)
