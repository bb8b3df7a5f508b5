"""The plan of a day, without a database and without a clock: who is written to, from which mailbox, and when.

`lay_out` (laying_out.py) is the one way in. It takes what waits (`Waiting`), the campaigns (`Share`) and what is left of the
day (`Room`), and answers assignments, each with `mailbox_id`, `due_at` and `closes_at`, with the reason for everybody who
was passed over, and with what is left afterwards, so that the next page of waiting leads, or the next day of a forecast,
goes on from there. The planner, the forecast, the dry run and "why not sent?" all call it, so that they never disagree.
"""
