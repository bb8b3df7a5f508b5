"""Outside libraries the gateway leans on: passwords, tokens, the services behind it."""
