"""Pure decisions: what a row asks, which sources speak of it, what they back, and whether a line may be sent."""
