"""Pure decisions of the sender: days, shares of the quota, what may be sent, and what a mail looks like."""
