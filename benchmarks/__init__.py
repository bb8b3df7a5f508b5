"""What Corofy promises about speed, measured side by side with a bare reference in the same run."""
