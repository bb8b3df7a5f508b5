"""What is under way in one process: the sending loops of mailboxes that have work, and who starts and ends them."""
