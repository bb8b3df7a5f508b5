"""What the sender counts."""

from prometheus_client import Counter, Gauge

EMAILS_SENT = Counter("sender_emails_sent_total", "Emails the provider accepted.")
EMAILS_DEFERRED = Counter("sender_emails_deferred_total", "Sends proven not accepted, to be tried again.")
EMAILS_FAILED = Counter("sender_emails_failed_total", "Emails refused for good, or that could not be built.")
EMAILS_UNKNOWN = Counter("sender_emails_unknown_total", "Sends of which nobody can know whether they were accepted.")
SENDS_DECLINED = Counter(
    "sender_sends_declined_total", "Claims that the sending transaction did not let pass.", ("reason",)
)
RECORDS_REFUSED = Counter(
    "sender_records_refused_total", "Outcomes that came with a token that was no longer the newest."
)
RECIPIENTS_SET_ASIDE = Counter(
    "sender_recipients_set_aside_total", "Rows of arriving lists that are not written to.", ("reason",)
)
DOMAINS_LOOKED_UP = Counter("sender_domains_looked_up_total", "Look-ups of whether a domain takes mail.", ("finding",))
SLOTS_ASSIGNED = Counter("sender_slots_assigned_total", "Slots given to emails by the planner.")

OUTCOMES = {"sent": EMAILS_SENT, "deferred": EMAILS_DEFERRED, "failed": EMAILS_FAILED, "unknown": EMAILS_UNKNOWN}
HAND_OVERS_TROUBLED = Gauge(
    "sender_troubled_hand_overs",
    "Campaigns that a provider could not be told of, by what it was brought to last.",
    ("state",),
)
HAND_OVERS_OLDEST = Gauge("sender_oldest_troubled_hand_over_seconds", "Since when one of them could not be told of.")
TAKE_BACKS_OPEN = Gauge("sender_open_take_backs", "Suppressed leads that a provider has not let go of.")
TAKE_BACKS_OLDEST = Gauge("sender_oldest_open_take_back_seconds", "Since when one of them is suppressed.")
MAILBOXES_PAUSED = Counter("sender_mailboxes_paused_total", "Mailboxes that were paused by themselves.", ("reason",))
SENDING_LOOPS = Gauge("sender_sending_loops", "Connections to mailboxes over which mail is being sent.")
MAILBOXES_WAITING = Gauge("sender_waiting_mailboxes", "Mailboxes with due mail for which there is no connection left.")
