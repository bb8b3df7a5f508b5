"""The language model of the world: reads the prompt, quotes its sources, and lies only as far as it is dialled to."""
