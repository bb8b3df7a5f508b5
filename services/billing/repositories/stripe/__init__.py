"""What Stripe has told, and what was made of it."""
