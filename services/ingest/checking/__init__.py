"""Checking an upload's rows under a mapping, in a child process of its own."""
