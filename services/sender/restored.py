"""`python -m services.sender.restored MOMENT`: run by `corofy restore` before the sender is started."""

from libs.common.restoring import main
from services.sender.tables import COMMON
from services.sender.use_cases.note_restore import note_restore

if __name__ == "__main__":
    main("sender", COMMON, note_restore)
