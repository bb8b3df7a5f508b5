"""What billing decides: books and holds in, books, holds and movements out. No database, no clock."""
