"""The bus edge: topology, consumers, relay, dead letters."""
