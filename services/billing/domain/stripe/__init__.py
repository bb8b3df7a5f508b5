"""What Stripe tells, and what it is worth in credits."""
