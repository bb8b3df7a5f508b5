"""How Corofy is run: one machine, containers, a cluster, and the sandbox that stands in for the outside world."""
