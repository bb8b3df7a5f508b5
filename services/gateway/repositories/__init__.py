"""All SQL of the gateway, a module per concern."""
