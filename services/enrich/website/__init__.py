"""The website reader: which addresses may be connected to, what is fetched, and which of its text a person would see."""
