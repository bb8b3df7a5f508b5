"""A company's website: its pages, which of them are read, and what is readable in them."""
