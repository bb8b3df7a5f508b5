"""The gateway's HTTP models."""
