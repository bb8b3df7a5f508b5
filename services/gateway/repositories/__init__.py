"""The gateway's SQL beside that of members and live events, a module per concern."""
