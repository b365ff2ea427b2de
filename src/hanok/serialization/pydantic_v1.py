"""Models of ``pydantic.v1``: we cannot validate or write them, and say so when they are declared."""

from __future__ import annotations

import sys
from typing import Any, get_args

from hanok.exceptions import PydanticV1NotSupportedError


def is_v1_model(cls: Any) -> bool:
    """Whether a class is a model of ``pydantic.v1``; does not import that package."""
    main = sys.modules.get("pydantic.v1.main")
    return main is not None and isinstance(cls, type) and issubclass(cls, main.BaseModel)


def refuse_v1(annotation: Any) -> None:
    """Raises PydanticV1NotSupportedError if such a model is anywhere in an annotation."""
    if "pydantic.v1.main" not in sys.modules:
        return
    if is_v1_model(annotation):
        raise PydanticV1NotSupportedError(
            f"{annotation.__qualname__} is a model of pydantic.v1, which is not supported. "
            f"Derive it from pydantic.BaseModel."
        )
    for part in get_args(annotation):
        refuse_v1(part)
