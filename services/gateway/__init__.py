"""The one door: who are you, may you; then the request is passed on. Owns users, workspaces, memberships, live events."""
