"""What the gateway's tables are made with."""

from libs.common.tables import common_tables, service_metadata

METADATA = service_metadata("gateway")
COMMON = common_tables(METADATA, repeated=True)
