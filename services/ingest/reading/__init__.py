"""Reading a file that strangers made: in a child process with limits, never in the service itself."""
