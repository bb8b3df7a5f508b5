"""Stand-ins for the outside world on its real wire formats, over one small invented world.

They serve the demo, the tests and the benchmarks; answers are derived from what is asked, never from who asks.
"""
