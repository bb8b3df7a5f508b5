"""`corofy backup` and `corofy restore`: everything an installation knows, in one file and back."""
