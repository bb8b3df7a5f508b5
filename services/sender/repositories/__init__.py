"""All SQL of the sender; values in, values out."""
