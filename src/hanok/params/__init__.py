"""Params: what an endpoint declares it wants from a request, and how it is read and validated.

What enters: a callable's signature at declaration time; raw path, query, header, cookie and body values at request time.
What leaves: ``Parameter``s (plain data that the endpoint compiler and OpenAPI read), validated arguments, and the errors of
the 422 shape. Read ``declared`` (Path, Query, …), then ``read`` and ``parameter``, then ``values`` (the careful path that
gathers every error) with ``models``. The fast path is compiled from the same Parameters in ``hanok.endpoint``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanok.lazy import lazy_names

if TYPE_CHECKING:
    from hanok.params.declared import Body, Cookie, Declared, File, Form, Header, Param, Path, Place, Query
    from hanok.params.parameter import Parameter, outgoing
    from hanok.params.read import read_parameter
    from hanok.params.signature import Argument, has_unknown_names, read_return, read_signature

# Loaded when first named.
__getattr__ = lazy_names(
    __name__,
    {
        "Argument": ".signature",
        "Body": ".declared",
        "Cookie": ".declared",
        "Declared": ".declared",
        "File": ".declared",
        "Form": ".declared",
        "Header": ".declared",
        "Param": ".declared",
        "Parameter": ".parameter",
        "Path": ".declared",
        "Place": ".declared",
        "Query": ".declared",
        "has_unknown_names": ".signature",
        "outgoing": ".parameter",
        "read_parameter": ".read",
        "read_return": ".signature",
        "read_signature": ".signature",
    },
)

__all__ = [
    "Argument",
    "Body",
    "Cookie",
    "Declared",
    "File",
    "Form",
    "Header",
    "Param",
    "Parameter",
    "Path",
    "Place",
    "Query",
    "has_unknown_names",
    "outgoing",
    "read_parameter",
    "read_return",
    "read_signature",
]
