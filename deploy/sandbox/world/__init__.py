"""The invented world: companies with pages, news and people, and what is derived for anything else asked about."""
