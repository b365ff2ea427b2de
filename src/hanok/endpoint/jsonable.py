"""Which schemas may be validated straight from the bytes of a JSON body.

``validate_json`` skips a whole tree of Python objects, but it is not always the same as ``json.loads`` followed by
``validate_python``: strict mode, unions, dates, decimals and validators written by users can tell the two apart. So only
schemas made of the kinds below take the short way; and when it fails, the body is read the long way, which then has the last
word. The short way has to be right only when it succeeds.
"""

from __future__ import annotations

from typing import Any

# kind of core schema → the keys under which it holds other schemas.
_SAFE: dict[str, tuple[str, ...]] = {
    "str": (),
    "int": (),
    "float": (),
    "bool": (),
    "none": (),
    "any": (),
    "list": ("items_schema",),
    "nullable": ("schema",),
    "default": ("schema",),
    "model": ("schema",),
    "model-fields": ("fields", "computed_fields"),
    "model-field": ("schema",),
    "definitions": ("schema", "definitions"),
    "definition-ref": (),
}
# Options that make the two ways differ, or could.
_REFUSED = ("strict", "extras_schema", "post_init", "custom_init", "root_model", "coerce_numbers_to_str")


def validates_from_json(schema: Any) -> bool:
    """Whether every part of a core schema is of a kind for which both ways give the same value."""
    if isinstance(schema, list | tuple):
        return all(validates_from_json(each) for each in schema)
    kind = schema.get("type")
    if kind == "computed-field":
        return True  # not read when validating
    if kind not in _SAFE or any(schema.get(option) for option in _REFUSED):
        return False
    config = schema.get("config") or {}
    if any(config.get(option) for option in _REFUSED) or config.get("revalidate_instances"):
        return False
    for key in _SAFE[kind]:
        inner = schema.get(key)
        if inner is None or (key == "computed_fields"):
            continue
        if not validates_from_json(list(inner.values()) if key == "fields" else inner):
            return False
    return True
