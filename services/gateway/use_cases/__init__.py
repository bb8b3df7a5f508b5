"""What the gateway does: sign up, sign in, record history."""
