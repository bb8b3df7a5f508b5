"""HTTP models: what the API takes and answers."""
