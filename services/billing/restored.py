"""`python -m services.billing.restored MOMENT`: run by `corofy restore` before billing is started."""

from libs.common.restoring import main
from services.billing.tables import COMMON
from services.billing.use_cases.note_restore import note_restore

if __name__ == "__main__":
    main("billing", COMMON, note_restore)
