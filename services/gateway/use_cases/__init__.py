"""What the gateway does: let people in, count what they ask, write mails, record history."""
