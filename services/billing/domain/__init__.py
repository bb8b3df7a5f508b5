"""What billing decides, a package per concept: values in, values out. No database, no clock."""
