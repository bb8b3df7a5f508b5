"""The ledger: books, grants, holds, and what each operation does to them."""
