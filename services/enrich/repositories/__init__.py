"""All SQL of enrich."""
