"""Alembic's entry: enrich's schema."""

from libs.common.migrations import run_env
from services.enrich.tables import METADATA

run_env(METADATA)
