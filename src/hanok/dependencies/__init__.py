"""Dependencies: ``Depends``/``Security`` → a tree of what is needed → one flat, ordered plan; and what ends after it.

What enters: callables with their signatures. What leaves: a ``Dependant`` (plain data, a tree as it was declared) and from
it ``Flat`` (every call once, in the order in which it must happen). Read ``declared``, then ``dependant``, then ``flat``;
``exits`` is the end of dependencies that yield.
"""

from hanok.dependencies.declared import Depends, Security
from hanok.dependencies.dependant import CallKind, Dependant, Injected, call_kind, read_dependant
from hanok.dependencies.exits import Exits
from hanok.dependencies.flat import Flat, Node, Source, flatten, merged

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
    "flatten",
    "merged",
    "read_dependant",
]
