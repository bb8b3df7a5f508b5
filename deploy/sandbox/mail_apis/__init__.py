"""Mail over HTTP: SendGrid and Mailgun, which send at once, and Instantly, which sends by a schedule of its own."""
