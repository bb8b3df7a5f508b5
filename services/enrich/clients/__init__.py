"""The outside world: the only importers of provider SDKs and HTTP clients."""
