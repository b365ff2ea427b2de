"""How much a form may hold: said where it is declared, inherited through routers and mounts."""

from __future__ import annotations

from typing import TypedDict

from hanok.exchange import Exchange


class FormLimits(TypedDict, total=False):
    """How much a form may hold: number of files and fields, bytes in one field."""

    max_files: int | float
    max_fields: int | float
    max_part_size: int


FORM_LIMITS = "hanok.form_limits"  # scope key: those of the routers and mounts through which a request has come


def inherit_form_limits(exchange: Exchange, limits: FormLimits) -> None:
    """Let limits hold for a request from here on; those of its operation go over them."""
    exchange.scope[FORM_LIMITS] = {**exchange.scope.get(FORM_LIMITS, {}), **limits}


def inherited_form_limits(exchange: Exchange) -> FormLimits:
    """The limits that hold for a request, without those of its operation."""
    limits: FormLimits = exchange._scope.get(FORM_LIMITS, {}) if exchange._scope is not None else {}
    return limits
