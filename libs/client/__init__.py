"""The Python client of Corofy's public API: `from libs.client.client import Client`.

`generated/` is made from the API's description by `python -m libs.client.generate`; what a description cannot say (when to ask
again, how files and events come) is written by hand beside it.
"""
