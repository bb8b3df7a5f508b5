"""How the web app is made: Node and its packages, the export, and the table by which the gateway serves it."""
