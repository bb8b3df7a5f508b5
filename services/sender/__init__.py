"""The sender owns leads, lists, templates, campaigns, daily plans with their slots, and every email's way out."""
