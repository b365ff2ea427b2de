"""SecurityScopes: the OAuth2 scopes that the dependants above ask for."""

from __future__ import annotations


class SecurityScopes:
    """Injected where a dependency declares a parameter of this type.

    ``scopes`` lists what the dependants above it declared with ``Security(..., scopes=[...])``, outermost
    first; ``scope_str`` is the same as one string, in the form of RFC 6749 §3.3.
    """

    def __init__(self, scopes: list[str] | None = None) -> None:
        self.scopes = scopes or []
        self.scope_str = " ".join(self.scopes)
