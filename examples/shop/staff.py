"""Who may change the shop: whoever sends the key."""

from __future__ import annotations

import secrets
from typing import Annotated

from examples.shop.schemas import Problem, Responses
from hanok import HTTPException, Request, Security, status
from hanok.security import APIKeyHeader

api_key_header = APIKeyHeader(name="X-API-Key", description="The key of the staff. In the demo: `demo-key`.")


def staff_only(request: Request, key: Annotated[str, Security(api_key_header)]) -> None:
    """401 without a key (the scheme answers that), 403 with a wrong one."""
    if not secrets.compare_digest(key.encode(), request.app.state.settings.api_key.encode()):
        raise HTTPException(status.HTTP_403_FORBIDDEN, "This API key is not valid.")


STAFF = [Security(staff_only)]
STAFF_ERRORS: Responses = {
    401: {"model": Problem, "description": "No API key was sent."},
    403: {"model": Problem, "description": "The API key is not valid."},
}
