"""What is shared: the ground every service stands on (common) and the command line (cli)."""
