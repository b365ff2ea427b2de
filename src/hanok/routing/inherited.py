"""Inherited: what a router, and each inclusion of it, gives to the routes below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hanok.endpoint.form_limits import FormLimits
from hanok.http.default import DefaultPlaceholder
from hanok.routing.options import DEFAULTS


@dataclass(frozen=True)
class Inherited:
    """Lists grow from the outside in; of single values the innermost that was given counts."""

    prefix: str = ""
    tags: Sequence[Any] = ()
    dependencies: Sequence[Any] = ()
    responses: Mapping[int | str, Any] = field(default_factory=dict)
    callbacks: Sequence[Any] = ()
    deprecated: bool | None = None
    include_in_schema: bool = True
    response_class: Any = field(default_factory=lambda: DEFAULTS["response_class"])
    generate_unique_id_function: Any = field(default_factory=lambda: DEFAULTS["generate_unique_id_function"])
    strict_content_type: Any = field(default_factory=lambda: DEFAULTS["strict_content_type"])
    max_body_size: int | None = None
    form_limits: FormLimits = field(default_factory=lambda: FormLimits())
    dependency_overrides_provider: Any = None

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Inherited:
        """From options, whatever else is among them; None means not given."""
        known = {name: given[name] for name in cls.__dataclass_fields__ if given.get(name) is not None}
        if "default_response_class" in given:
            known["response_class"] = given["default_response_class"]
        return cls(**known)

    def around(self, inner: Inherited) -> Inherited:
        """What both together give, ``self`` on the outside."""
        return Inherited(
            prefix=self.prefix + inner.prefix,
            tags=[*self.tags, *inner.tags],
            dependencies=[*self.dependencies, *inner.dependencies],
            responses={**self.responses, **inner.responses},
            callbacks=[*self.callbacks, *inner.callbacks],
            deprecated=inner.deprecated or self.deprecated,
            include_in_schema=self.include_in_schema and inner.include_in_schema,
            response_class=inner_given(self.response_class, inner.response_class),
            generate_unique_id_function=inner_given(
                self.generate_unique_id_function, inner.generate_unique_id_function
            ),
            strict_content_type=inner_given(self.strict_content_type, inner.strict_content_type),
            max_body_size=self.max_body_size if inner.max_body_size is None else inner.max_body_size,
            form_limits={**self.form_limits, **inner.form_limits},
            # Overrides belong to the application, which is outermost.
            dependency_overrides_provider=self.dependency_overrides_provider or inner.dependency_overrides_provider,
        )

    def as_options(self) -> dict[str, Any]:
        """The options of an APIRoute that say the same; the prefix has gone into its path."""
        options = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "prefix"}
        for name in ("tags", "dependencies", "callbacks"):
            options[name] = list(options[name])
        return options


def inner_given(outer: Any, inner: Any) -> Any:
    return outer if isinstance(inner, DefaultPlaceholder) else inner


def value_of(given: Any) -> Any:
    """The value of an option, whether it was given or is a default."""
    return given.value if isinstance(given, DefaultPlaceholder) else given
