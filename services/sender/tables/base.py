"""What the sender's tables are made with."""

from sqlalchemy import Column, Integer, Text, text

from libs.common.tables import common_tables, service_metadata

METADATA = service_metadata("sender")
COMMON = common_tables(METADATA, repeated=True)


def words(name: str) -> Column[object]:
    """A text that may be empty and is never null."""
    return Column(name, Text, nullable=False, server_default=text("''"))


def count(name: str) -> Column[object]:
    """A number that begins at 0."""
    return Column(name, Integer, nullable=False, server_default=text("0"))
