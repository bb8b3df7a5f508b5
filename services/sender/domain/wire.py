"""A mail's bytes: header lines (RFC 5322) and parts (RFC 2045, 2046), for every mail anew.

What is plain ASCII is written as it is: nearly all headers are, and Python's email package would take ten times as long, most of
it for reading them. Everything else goes through the package.
"""

import base64
import binascii
import email.policy
from collections.abc import Sequence
from email.header import Header


class _Wire(email.policy.EmailPolicy):
    """A subject's encoded words have at most 75 characters (RFC 2047, section 2). Other lines stay whole.

    The older Header folds it: the policy's own folding loses spaces between encoded words (3.11.7).
    """

    def fold_binary(self, name: str, value: str) -> bytes:
        """The header's lines."""
        words = str(value)
        if name != "Subject" or words.isascii():
            return super().fold_binary(name, value)
        folded = Header(words, "utf-8", maxlinelen=_LONGEST_ENCODED_LINE, header_name=name).encode(linesep="\r\n")
        return f"{name}: {folded}\r\n".encode("ascii")


_LONGEST_ENCODED_LINE = 76
_LONGEST_LINE = 900
POLICY = _Wire(linesep="\r\n", cte_type="7bit", max_line_length=_LONGEST_LINE)


def is_plain(value: str) -> bool:
    """Whether a header's value is on the wire what it is here: nothing ends its line, and no encoded word is in it."""
    return value.isascii() and value.isprintable() and "=?" not in value


def header_line(name: str, value: str) -> bytes:
    """One header, its line end included. The value must have been checked: it is not looked through for line ends."""
    if is_plain(value) and len(name) + len(value) < _LONGEST_LINE:
        return f"{name}: {value}\r\n".encode("ascii")
    return POLICY.fold_binary(name, POLICY.header_factory(name, value))


def text_part(text: str, *, subtype: str) -> bytes:
    """A text with its own headers, in lines that every server passes on as they are. Its line ends become CRLF."""
    encoding, body = _encoded(text.encode("utf-8", "surrogateescape"))
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'
    return head.encode("ascii") + body


def alternatives(parts: Sequence[bytes], *, boundary: str) -> bytes:
    """Parts that say the same, the best last. The boundary must begin no line of any."""
    head = f'Content-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n'
    between = b"".join(b"--%b\r\n%b\r\n" % (boundary.encode("ascii"), part) for part in parts)
    return b"%b%b--%b--\r\n" % (head.encode("ascii"), between, boundary.encode("ascii"))


def _encoded(content: bytes) -> tuple[str, bytes]:
    """The content in lines of ASCII: as it is, else in the shorter of the two encodings."""
    lines = content.splitlines()
    whole = b"".join(b"%b\r\n" % line for line in lines) or b"\r\n"
    if whole.isascii() and b"\0" not in whole and max(map(len, lines), default=0) <= _LONGEST_LINE:
        return "7bit", whole
    quoted = binascii.b2a_qp(whole, istext=True)
    packed = base64.encodebytes(whole).replace(b"\n", b"\r\n")
    return ("quoted-printable", quoted) if len(quoted) <= len(packed) else ("base64", packed)
