"""What keeps each effect from happening twice, queue by queue: the key that outlives the inbox, and where the inbox is written.

Beside the catalogue, because a queue without such a key would rest on the inbox alone.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Protection:
    """`effect` is what the use case does; `key` what makes a second time harmless, for ever, with the inbox emptied.

    `inbox`: its row is written with the effect; or, where a use case calls out, with the recorded result; or, where the
    last word is all that counts, not at all.
    """

    effect: str
    key: str
    inbox: Literal["with the effect", "with the recorded result", "none"] = "with the effect"


PROTECTIONS: dict[str, Protection] = {
    "gateway.note_deletion": Protection(
        "notes that a service has erased a workspace", "primary key `deletion_answers` (workspace, service)"
    ),
    "ingest.delete_workspace": Protection(
        "stops a workspace's jobs, takes it to be erased", "primary key `deleted_workspaces.workspace_id`"
    ),
    "enrich.delete_workspace": Protection(
        "stops a workspace's rows, takes it to be erased", "primary key `deleted_workspaces.workspace_id`"
    ),
    "billing.delete_workspace": Protection(
        "takes a workspace to be erased, its subscription to be cancelled",
        "primary key `deleted_workspaces.workspace_id`",
    ),
    "sender.delete_workspace": Protection(
        "stops a workspace's mail, takes it to be erased", "primary key `deleted_workspaces.workspace_id`"
    ),
    "gateway.record_history": Protection("keeps the event for `Last-Event-ID`", "unique `live_events.event_id`"),
    "gateway.note_entitlements": Protection(
        "keeps what a workspace may do", "key (workspace); only a higher version is kept"
    ),
    "gateway.mail_notices": Protection("queues mails to owners or operators", "unique `mails` (event, address)"),
    "gateway.note_erasure": Protection(
        "notes that a service has forgotten a person", "primary key `erasure_answers` (erasure, service)"
    ),
    "ingest.erase_lead": Protection("takes a person to be erased", "primary key `erasures.id`"),
    "enrich.erase_lead": Protection(
        "forgets what was found out for erased rows", "key (erasure, part) in `erasures.parts_seen`"
    ),
    "sender.erase_lead": Protection(
        "takes a person to be erased; they are not written to any more", "primary key `erasures.id`"
    ),
    "billing.note_workspace": Protection(
        "counts a workspace's days by another zone", "key (workspace); only a higher version is kept"
    ),
    "sender.note_workspace": Protection(
        "plans a workspace's days by another zone", "key (workspace); only a higher version is kept"
    ),
    "ingest.open_workspace": Protection("knows the tenant", "primary key `workspaces.id`"),
    "ingest.read_upload": Protection(
        "reads the file into chunks",
        "`uploads` leaves `reading` once; primary key (upload, chunk)",
        inbox="with the recorded result",
    ),
    "ingest.check_upload": Protection(
        "checks the rows under a mapping",
        "`uploads.checked_no` is this mapping's once; findings and keys replace the upload's",
        inbox="with the recorded result",
    ),
    "ingest.note_entitlements": Protection(
        "keeps what a workspace may do", "key (workspace); only a higher version is kept"
    ),
    "ingest.update_prices": Protection("keeps the price list", "primary key `price_lists.version`"),
    "ingest.apply_hold_answer": Protection("starts or declines the job", "the job leaves `reserving` once"),
    "ingest.apply_raise_answer": Protection(
        "lets the job spend more, or keeps its ceiling", "what is held only grows; a decline counts for its round"
    ),
    "ingest.answer_question": Protection(
        "says the job's state (a terminal job: its end and each chunk) again",
        "listeners' keys: `hold:job`, (job, chunk)",
    ),
    "ingest.note_capacity": Protection(
        "sizes the dispatch window", "one row per replica, the later announcement wins", inbox="none"
    ),
    "ingest.record_results": Protection(
        "stores results, completes the chunk, fixes its credits",
        "primary key `results` (job, row), first one wins; the job's version by compare-and-swap",
    ),
    "ingest.take_back_chunk": Protection("has the chunk wait", "chunk state and present `dispatch_no`"),
    "ingest.fail_chunk": Protection("counts the chunk's rows as failed", "chunk state and present `dispatch_no`"),
    "ingest.apply_provider_state": Protection(
        "parks or resumes jobs", "`counter` per provider account, the older ignored"
    ),
    "ingest.note_own_keys": Protection(
        "notes which keys a workspace brings, parks or resumes its jobs", "`change_no` per workspace, the older ignored"
    ),
    "ingest.merge_results": Protection(
        "writes the sheet, completes the job",
        "the job leaves `merging` once; files named by the job",
        inbox="with the recorded result",
    ),
    "ingest.write_export": Protection(
        "writes a sheet somebody asked for",
        "the export leaves `writing` once; its file is named by it",
        inbox="with the recorded result",
    ),
    "enrich.enrich_chunk": Protection(
        "researches rows, answers the chunk",
        "claim and checkpoint per (job, row, spec), first stored result wins",
        inbox="with the recorded result",
    ),
    "enrich.follow_job": Protection("stops or goes on with a job", "the job's highest version seen"),
    "billing.open_account": Protection("opens the tenant's account", "primary key `accounts.workspace_id`"),
    "billing.entitle_workspace": Protection(
        "says what a new workspace may do", "`entitlements.version` rises only when something changes"
    ),
    "billing.place_hold": Protection(
        "holds credits, or declines", "business key `hold:job`, the first answer repeated"
    ),
    "billing.raise_hold": Protection(
        "holds more credits, or declines", "business key `raise:job:round`, the first answer repeated"
    ),
    "billing.lower_hold": Protection(
        "releases what a job may not spend any more",
        "business key `lower:job:round`, heard before the raises that follow it",
    ),
    "billing.note_job_state": Protection("notes that the job is alive", "the latest time heard of wins"),
    "billing.capture_chunk": Protection("charges a chunk", "business key `capture:job:chunk`"),
    "billing.settle_job": Protection(
        "releases the rest, closes the hold", "the hold is settled once; an unknown hold leaves a tombstone"
    ),
    "billing.place_sourcing_hold": Protection(
        "holds credits for leads, or declines", "business key `hold:sourcing`, the first answer repeated"
    ),
    "billing.capture_sourcing_batch": Protection("charges a batch of leads", "business key `capture:sourcing:batch`"),
    "billing.apply_stripe_event": Protection(
        "applies what Stripe tells of, in its present state",
        "business keys of Stripe's ids: `grant:stripe:<invoice>:<line>`, `claw_back:stripe:<refund or dispute>`",
        inbox="with the recorded result",
    ),
    "billing.settle_sourcing": Protection(
        "releases what was not revealed", "the hold is settled once; an unknown hold leaves a tombstone"
    ),
    "sender.open_workspace": Protection("knows the tenant and its day", "primary key `workspaces.id`"),
    "sender.note_entitlements": Protection(
        "keeps what a workspace may do", "key (workspace); only a higher version is kept"
    ),
    "sender.import_recipients": Protection(
        "stores rows of a list and their leads", "primary key (list, part); unique (list, row), (workspace, address)"
    ),
    "sender.correct_recipients": Protection(
        "gives leads their newest line", "key (list, row); only a newer line is kept"
    ),
    "sender.delete_list": Protection(
        "erases a list's rows", "key (list); a deleted list takes no parts and is erased once"
    ),
}
