"""Enrich: researches rows with outside providers, checks what they say, and writes one opening line per row."""
