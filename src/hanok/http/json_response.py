"""Responses of JSON."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hanok.exceptions import HanokDeprecationWarning
from hanok.http.response import Response

if TYPE_CHECKING:
    from hanok.http.background import BackgroundTask

_dumps = json.dumps
# json.dumps with options makes an encoder at every call; one that is kept saves a third of a small answer's
# time.
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


class JSONResponse(Response):
    """A value as compact JSON in UTF-8. Raises ValueError for NaN and the infinities, TypeError for what is
    no JSON."""

    media_type = "application/json"

    def __init__(
        self,
        content: Any,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        background: BackgroundTask | None = None,
    ) -> None:
        super().__init__(content, status_code, headers, media_type, background)

    def render(self, content: Any) -> bytes:
        if json.dumps is _dumps:
            return _encode(content).encode("utf-8")
        # Somebody has put another json.dumps in place, and means it.
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, indent=None, separators=(",", ":"))
        return text.encode("utf-8")


_DEPRECATED = (
    "{} is deprecated: values are written as JSON by pydantic when a return type or response model is "
    "declared, which is faster and needs no response class."
)


class ORJSONResponse(JSONResponse):
    """JSON by orjson, which must be installed. Deprecated."""

    def __init__(
        self,
        content: Any,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        background: BackgroundTask | None = None,
    ) -> None:
        warnings.warn(_DEPRECATED.format("ORJSONResponse"), HanokDeprecationWarning, stacklevel=2)
        super().__init__(content, status_code, headers, media_type, background)

    def render(self, content: Any) -> bytes:
        try:
            import orjson
        except ImportError:
            raise AssertionError("orjson must be installed to use ORJSONResponse") from None
        rendered: bytes = orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY)
        return rendered


class UJSONResponse(JSONResponse):
    """JSON by ujson, which must be installed. Deprecated."""

    def __init__(
        self,
        content: Any,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        background: BackgroundTask | None = None,
    ) -> None:
        warnings.warn(_DEPRECATED.format("UJSONResponse"), HanokDeprecationWarning, stacklevel=2)
        super().__init__(content, status_code, headers, media_type, background)

    def render(self, content: Any) -> bytes:
        try:
            import ujson  # type: ignore[import-untyped, unused-ignore]  # ujson has no types
        except ImportError:
            raise AssertionError("ujson must be installed to use UJSONResponse") from None
        text: str = ujson.dumps(content, ensure_ascii=False)
        return text.encode("utf-8")
