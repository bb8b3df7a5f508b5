"""Which members of the API's answers strangers wrote, wherever they stand: an assistant reads them as data.

A name counts in every answer: one that is ours here and somebody's there is nobody's that can be relied on.
"""

_OF_THE_WEB = ("research", "evidence", "extra", "line", "written_line", "product", "receipt", "reason")
"""Of a row: what web pages or a language model wrote, or what is told about them."""
_OF_SHEETS = ("cells", "filename", "sheet", "email", "country", "subdivision", "fields")
"""What an uploaded sheet says, as it says it or as it was understood."""
_OF_MEMBERS = (
    *("workspace_name", "campaign_name", "name", "subject", "text_body", "html_body", "needs", "text", "html"),
    *("note", "proof"),
)
"""What any member of the workspace, or a program with a key, put in; and mails made of it."""
_OF_SERVERS = ("detail", "message", "sentence", "hand_over_note", "start_problem")
"""What mail servers and providers answered, and sentences that quote them."""

UNTRUSTED = frozenset((*_OF_THE_WEB, *_OF_SHEETS, *_OF_MEMBERS, *_OF_SERVERS))
