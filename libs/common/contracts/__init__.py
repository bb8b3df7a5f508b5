"""The wire: every event a service may say. Imports pydantic only. JSON Schemas are committed beside the code."""
