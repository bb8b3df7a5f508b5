"""The ground every service stands on: bus, unit of work, HTTP edge, storage, contracts."""
