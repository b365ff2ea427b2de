# ruff: noqa: E501 - tables: an error and its reason belong on one line
"""What may differ, and why: every disagreement that was ever found, with the section that decides it.

A disagreement that is not in these tables is unexplained, and fails the run.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from conformance.differential.compare import NEVER, Disagreement, Kind

# Our error → why it is right to refuse, though llhttp or h11 (or both, where the RFC leaves it open) would not.
WE_REFUSE = {
    "HTTP/1.1 requires a Host field": "RFC 9112 §3.2: MUST be answered with 400; llhttp leaves it to its user",
    "two Host fields": "RFC 9112 §3.2: MUST be answered with 400; llhttp leaves it to its user",
    "the Host field is not a host": "RFC 9112 §3.2: an invalid value MUST be answered with 400; the others look at it less closely",
    "Content-Length is not one number": "RFC 9112 §6.3: equal values said twice may be refused; h11 merges them",
    "both Transfer-Encoding and Content-Length": "RFC 9112 §6.1: may be refused, and ought to be seen as smuggling; h11 ignores the length",
    "Transfer-Encoding in HTTP/1.0": "RFC 9112 §6.1: MUST be treated as faulty framing",
    "Transfer-Encoding is not a list of transfer codings": "RFC 9112 §7: no list of codings; llhttp looks only for the word at the end",
    "chunked is not the last transfer coding": "RFC 9112 §6.1: chunked MUST NOT be applied twice; llhttp joins the fields",
    "the only transfer coding of this server is chunked": "RFC 9112 §6.1: ought to be answered with 501; httptools does not care before a switch",
    "a header line is not: name, colon, value": "RFC 9112 §2.2, §5.2: h11 takes a bare LF as a line end and unfolds folded lines",
    "a line of the chunked coding does not end in CRLF": "RFC 9112 §7.1: h11 takes a bare LF after the last chunk; httptools switches before the body",
    "a trailer line is not: name, colon, value": "RFC 9112 §5.2: h11 unfolds folded trailers; httptools switches before the body",
    "a trailer field says how long the body is": "RFC 9110 §6.5.1: MUST NOT be sent; h11 keeps it apart",
    "the size of a chunk is not a hexadecimal number": "RFC 9112 §7.1.1: h11 takes space after the size; httptools switches before the body",
    "a chunk is longer than its size": "RFC 9112 §7.1: httptools switches before the body",
    "the line of a chunk is too long": "RFC 9112 §7.1.1: a recipient ought to limit extensions; httptools switches before the body",
    "the chunk extensions are too large": "RFC 9112 §7.1.1: a recipient ought to limit extensions",
    "the only expectation that can be met is 100-continue": "RFC 9110 §10.1.1: may be answered with 417",
    "the method is not a token": "RFC 9112 §2.2: llhttp skips a bare CR or LF before the request line",
    "the request line is not: method, space, target, space, version": "RFC 9112 §3: llhttp takes HTTP/0.9, h11 a bare LF as line end",
    "the request line does not end in an HTTP version": "RFC 9112 §2.3: h11 takes a bare LF as line end",
    "this server speaks HTTP/1.1 and HTTP/1.0": "RFC 9110 §15.6.6: 505; the others leave it to their user",
    "the request target has bytes that a target cannot have": "RFC 9112 §3.2: no fragment; the others take any visible byte",
    "the request target is neither a path nor an http URL": "RFC 9112 §3.2: no form of a target that belongs to the method",
    "this server is no proxy: it has no CONNECT": "RFC 9110 §9.3.6: an origin server need not have it; the others leave it to their user",
    "PRI is the beginning of HTTP/2 and no method": "RFC 9113 §11.6: PRI is never a request; h11 takes it as any other token",
    "a line that does not end in CRLF": "RFC 9112 §2.2: refused before the head is complete; h11 takes a bare LF as line end",
    "this does not begin like HTTP": "RFC 9112 §2.2: llhttp skips a bare CR or LF before the request line",
    "empty lines instead of a request": "RFC 9112 §2.2: at least one is ignored; not a stream of them",
}  # fmt: skip

# The error of another → why it is right to accept, or harmless.
IT_REFUSES = {
    ("llhttp", "Invalid method encountered"): "RFC 9110 §9.1: any token is a method; llhttp has a list of those it knows",
    ("llhttp", "Expected space after method"): "RFC 9110 §9.1: any token is a method; llhttp has a list of those it knows",
    ("llhttp", "Request has invalid `Transfer-Encoding`"): "RFC 9110 §5.5: a tab after a value is no part of it; llhttp minds it",
}  # fmt: skip

# Some of these reasons hold for one form of the request only; llhttp says the same of others, that must be refused.
FORMS = {
    ("llhttp", "Request has invalid `Transfer-Encoding`"): re.compile(rb"\r\ntransfer-encoding:[^\r]*\t[ \t]*\r\n", re.IGNORECASE),
}  # fmt: skip

# Where one goes on after a message and the other does not: nobody reads the same bytes as different requests.
ENDS = {
    ("h11", "it: closed"): "RFC 9112 §9.3: HTTP/1.0 may ask to persist; h11 never lets it",
    ("h11", "it: switched"): "RFC 9110 §7.8: Upgrade counts if Connection names it; h11 looks at Upgrade alone",
    ("llhttp", "it: closed"): "RFC 9110 §6.5.1: Connection in a trailer means nothing; llhttp obeys it",
    ("llhttp", "it: switched"): "RFC 9110 §7.8: Upgrade is ignored in HTTP/1.0",
    ("llhttp", "we: closed"): "RFC 9112 §9.3: close is stronger than keep-alive; llhttp takes either in HTTP/1.0",
    ("llhttp", "we: switched"): "RFC 9110 §7.8: httptools goes on with a body",
    ("llhttp", "it switches protocols before the body"): "RFC 9110 §7.8: a request is complete before the switch; httptools skips the body",
}  # fmt: skip


def reason(found: Disagreement) -> str | None:
    """Why this disagreement is right; None if nobody has said so."""
    if found.kind in NEVER:
        return None
    if found.kind is Kind.WE_REFUSE:
        return WE_REFUSE.get(found.about)
    table = IT_REFUSES if found.kind is Kind.IT_REFUSES else ENDS
    for (peer, pattern), why in table.items():
        if found.peer == peer and (found.about == pattern or fnmatchcase(found.about, pattern)):
            form = FORMS.get((peer, pattern))
            return why if form is None or form.search(found.data) else None
    return None
