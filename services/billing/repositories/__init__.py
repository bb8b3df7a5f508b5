"""All of billing's SQL, a package per concept, as the domain has them."""
