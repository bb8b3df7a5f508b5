"""Makes `libs/client/generated` from the API's description. Only who changes the API needs it, and the development tools."""
