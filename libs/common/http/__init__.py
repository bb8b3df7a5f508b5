"""The HTTP edge every service has: identity, problems, probes, operator routes."""
