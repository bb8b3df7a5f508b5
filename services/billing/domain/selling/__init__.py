"""Plans, packs and prices; subscriptions, and what may be done about them."""
