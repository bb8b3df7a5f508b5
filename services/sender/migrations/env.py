"""Alembic's entry: the sender's history, in the sender's schema."""

from libs.common.migrations import run_env
from services.sender.tables import METADATA

run_env(METADATA)
