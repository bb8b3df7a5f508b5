"""Made by `python -m libs.client.generate` from services/gateway/public_api.json: change that, not this."""
