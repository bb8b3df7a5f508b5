"""Judges the prompts: believable rows with the pages and results they meet, and what a program can tell of the answers."""
