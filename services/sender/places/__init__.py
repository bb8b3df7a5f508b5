"""What the table of places is made with, by hand and rarely."""
