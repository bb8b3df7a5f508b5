"""`python -m services.gateway.restored MOMENT`: run by `corofy restore` before the gateway is started."""

from libs.common.restoring import main
from services.gateway.tables import COMMON
from services.gateway.use_cases.note_restore import note_restore

if __name__ == "__main__":
    main("gateway", COMMON, note_restore)
