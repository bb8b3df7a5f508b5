"""The `corofy` command: what a person types to run, try, test and look after the system."""
