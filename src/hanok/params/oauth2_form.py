"""The form that a client of the OAuth2 password grant sends to the token endpoint (RFC 6749 §4.3.2).

It is a dependency class: ``form: Annotated[OAuth2PasswordRequestForm, Depends()]``. It stands here and not in
``hanok.security``, which offers it too, because it declares form parameters.
"""

from __future__ import annotations

from typing import Annotated

from hanok.params.functions import Form


class OAuth2PasswordRequestForm:
    """The fields of the password grant; ``scopes`` is the ``scope`` field split at spaces.

    RFC 6749 §4.3.2 requires ``grant_type=password``; many clients leave it out, so here it is optional. To
    insist on it take OAuth2PasswordRequestFormStrict.
    """

    def __init__(
        self,
        *,
        grant_type: Annotated[str | None, Form(pattern="^password$")] = None,
        username: Annotated[str, Form()],
        password: Annotated[str, Form(json_schema_extra={"format": "password"})],
        scope: Annotated[str, Form()] = "",
        client_id: Annotated[str | None, Form()] = None,
        client_secret: Annotated[str | None, Form(json_schema_extra={"format": "password"})] = None,
    ) -> None:
        self.grant_type = grant_type
        self.username = username
        self.password = password
        self.scopes = scope.split()
        self.client_id = client_id
        self.client_secret = client_secret


class OAuth2PasswordRequestFormStrict(OAuth2PasswordRequestForm):
    """The same, with ``grant_type`` required."""

    def __init__(
        self,
        grant_type: Annotated[str, Form(pattern="^password$")],
        username: Annotated[str, Form()],
        password: Annotated[str, Form()],
        scope: Annotated[str, Form()] = "",
        client_id: Annotated[str | None, Form()] = None,
        client_secret: Annotated[str | None, Form()] = None,
    ) -> None:
        super().__init__(
            grant_type=grant_type,
            username=username,
            password=password,
            scope=scope,
            client_id=client_id,
            client_secret=client_secret,
        )
