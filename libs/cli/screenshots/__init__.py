"""`corofy web screenshots`: every page of the web app, light and dark, wide and narrow, as `docs/screenshots` shows them."""
