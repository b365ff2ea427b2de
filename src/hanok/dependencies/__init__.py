"""Dependencies: ``Depends``/``Security`` → a tree of what is needed → one flat, ordered plan; and what ends after it.

What enters: callables with their signatures. What leaves: a ``Dependant`` (plain data, a tree as it was declared) and from
it ``Flat`` (every call once, in the order in which it must happen). Read ``declared``, then ``dependant``, then ``flat``;
``exits`` is the end of dependencies that yield.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanok.lazy import lazy_names

if TYPE_CHECKING:
    from hanok.dependencies.declared import Depends, Security
    from hanok.dependencies.dependant import CallKind, Dependant, Injected, call_kind, extra_dependant, read_dependant
    from hanok.dependencies.exits import Exits
    from hanok.dependencies.flat import Flat, Node, Source, flatten, merged

# Loaded when first named.
__getattr__ = lazy_names(
    __name__,
    {
        "CallKind": ".dependant",
        "Dependant": ".dependant",
        "Depends": ".declared",
        "Exits": ".exits",
        "Flat": ".flat",
        "Injected": ".dependant",
        "Node": ".flat",
        "Security": ".declared",
        "Source": ".flat",
        "call_kind": ".dependant",
        "extra_dependant": ".dependant",
        "flatten": ".flat",
        "merged": ".flat",
        "read_dependant": ".dependant",
    },
)

__all__ = [
    "CallKind",
    "Dependant",
    "Depends",
    "Exits",
    "Flat",
    "Injected",
    "Node",
    "Security",
    "Source",
    "call_kind",
    "extra_dependant",
    "flatten",
    "merged",
    "read_dependant",
]
