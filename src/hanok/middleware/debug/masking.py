"""What is not shown, whoever asks: a page may be read over a shoulder, and land in a bug report."""

from __future__ import annotations

import re

HIDDEN = "(hidden)"

# Headers that identify somebody, or are worth stealing (RFC 9110 §11.6, RFC 6265).
HIDDEN_HEADERS = frozenset(("authorization", "cookie", "proxy-authorization", "set-cookie"))

# Names that sound like a secret, as whole words: ``api_key`` and ``userPassword``, not ``keyboard`` or ``passenger``.
WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
SECRET_WORDS = frozenset(
    re.findall(
        r"\w+",
        """auth authorization bearer cookie cookies cred creds credential credentials csrf dsn hmac jwt key keys nonce otp pass
    passcode passphrase passwd password passwords pin private pwd salt secret secrets session sessionid sid sig signature
    token tokens xsrf apikey""",
    )
)
# ``key`` alone is a word of every dictionary; it is a secret beside one of these.
ONLY_TOGETHER = frozenset(("key", "keys", "session", "pass", "auth"))
# name = "text", name: str = "text", "name": "text", name="text"
LITERAL = re.compile(r"""((\w+)["']?(?:\s*:\s*[\w.\[\]| ]+)?\s*[=:]\s*[bfrBFR]{0,2}(["']))((?:\\.|(?!\3).)+)\3""")
USER_INFO = re.compile(r"(?<=://)[^/\s@]+@")  # of a URL: user and password (RFC 3986 §3.2.1)


def is_secret(name: str) -> bool:
    """Whether a variable, a parameter or a header of this name may hold a secret."""
    words = [word.lower() for word in WORDS.findall(name)]
    found = SECRET_WORDS.intersection(words)
    if found and found <= ONLY_TOGETHER:
        return len(words) > 1 and (bool(found - {"session"}) or words[-1] in ("id", "key", "cookie"))
    return bool(found)


def without_passwords(text: str) -> str:
    """A text without what stands before the @ in its URLs."""
    return USER_INFO.sub("***@", text)


def masked_source(line: str) -> str:
    """A line of source, as long as it was, without the literals that are given to secret names and the passwords of URLs."""
    line = LITERAL.sub(lambda found: found[1] + dots(found[4]) + found[3] if is_secret(found[2]) else found[0], line)
    return USER_INFO.sub(lambda found: dots(found[0][:-1]) + "@", line)


def dots(text: str) -> str:
    return "•" * len(text)


def header_value(name: str, value: str) -> str:
    """The value of a header as it may be seen."""
    return HIDDEN if name.lower() in HIDDEN_HEADERS or is_secret(name) else without_passwords(value)
