"""The test suites, from pure rules to the whole system."""
