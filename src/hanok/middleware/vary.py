"""The ``vary`` header (RFC 9110 §12.5.5), as every middleware that looks at the request extends it."""

from __future__ import annotations

from hanok.types import RawHeaders


def add_vary(headers: RawHeaders, *names: str) -> None:
    """Say that the answer depends on these request headers too."""
    present = b", ".join(value for name, value in headers if name == b"vary")
    known = {name.strip().lower() for name in present.decode("latin-1").split(",")}
    if "*" in known:
        return
    added = [name for name in names if name.lower() not in known]
    if not added:
        return
    value = ", ".join(added).encode("latin-1")
    if not present:
        headers.append((b"vary", value))
        return
    first = next(index for index, (name, _) in enumerate(headers) if name == b"vary")
    headers[first] = (b"vary", present + b", " + value)
    headers[first + 1 :] = [pair for pair in headers[first + 1 :] if pair[0] != b"vary"]
