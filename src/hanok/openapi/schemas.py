"""JSON Schemas (draft 2020-12, as OpenAPI 3.1 §4.8.24 wants) for all Parameters of a document at once.

At once, because a model that occurs both as input and as output may need two schemas, and models of the
same name need longer names: pydantic decides that when it sees them all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from hanok.params import Parameter

JsonSchema: TypeAlias = dict[str, Any]
Mode: TypeAlias = Literal["validation", "serialization"]

REF_PREFIX = "#/components/schemas/"
REF_TEMPLATE = "#/components/schemas/{model}"

# The order in which keywords are easiest to read: what it is made of, what it is, how it is restricted,
# what it means.
_KEYWORDS = """
    $schema $vocabulary $id $anchor $dynamicAnchor $ref $dynamicRef $defs $comment allOf anyOf oneOf
    not if then else dependentSchemas prefixItems items contains properties patternProperties
    additionalProperties propertyNames unevaluatedItems unevaluatedProperties type enum const
    multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern
    maxItems minItems uniqueItems maxContains minContains maxProperties minProperties required
    dependentRequired format contentEncoding contentMediaType contentSchema title description
    default deprecated readOnly writeOnly examples discriminator xml externalDocs example
"""
_RANK = {keyword: rank for rank, keyword in enumerate(_KEYWORDS.split())}
_OF_SCHEMAS_BY_NAME = {"$defs", "dependentSchemas", "properties", "patternProperties"}
_OF_SCHEMAS = {"allOf", "anyOf", "oneOf", "prefixItems"}
_OF_SCHEMA = {
    "not",
    "if",
    "then",
    "else",
    "items",
    "contains",
    "additionalProperties",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contentSchema",
}


class _Generator(GenerateJsonSchema):
    def bytes_schema(self, schema: core_schema.BytesSchema) -> JsonSchema:
        # OpenAPI 3.1 §4.8.14.3: binary data is a contentMediaType, no longer a format.
        made = super().bytes_schema(schema)
        made.pop("format", None)
        config = self._config  # pydantic's own format follows the output's setting even where input is described
        if (config.ser_json_bytes if self.mode == "serialization" else config.val_json_bytes) == "base64":
            made["contentEncoding"] = "base64"
        made["contentMediaType"] = "application/octet-stream"
        return made


class Schemas:
    """The schema of each Parameter, and the definitions that they refer to."""

    def __init__(self, parameters: Iterable[Parameter], *, separate_input_output: bool = True) -> None:
        self._modes: dict[int, Mode] = {}
        # Keyed by identity; kept, so that no other Parameter can get the same id meanwhile.
        self._parameters = {id(each): each for each in parameters}
        inputs: list[tuple[int, Mode, Any]] = []
        for key, parameter in self._parameters.items():
            mode: Mode = parameter.mode
            schema = parameter.core_schema
            if mode == "serialization" and not separate_input_output and not _has_computed_field(schema):
                mode = "validation"
            self._modes[key] = mode
            inputs.append((key, mode, schema))
        made, definitions = _Generator(ref_template=REF_TEMPLATE).generate_definitions(inputs)
        self._schemas: dict[int, JsonSchema] = {key: made[key, mode] for key, mode, _ in inputs}
        self.definitions: dict[str, JsonSchema] = {str(name): tidy(definitions[name]) for name in sorted(definitions)}

    def raw(self, parameter: Parameter) -> JsonSchema:
        """The schema as pydantic made it: without a title."""
        return self._schemas[id(parameter)]

    def of(self, parameter: Parameter, titled: str | None = None) -> JsonSchema:
        """The schema of ``parameter``; unless a mere reference, it has a title: its own or made of a name.

        ``titled`` is that name; without it, the wire name.
        """
        schema = dict(self._schemas[id(parameter)])
        if "$ref" not in schema:
            title = parameter.field_info.title
            schema["title"] = title or (titled or parameter.alias).title().replace("_", " ")
        made: JsonSchema = tidy(schema)
        return made


def tidy(schema: Any) -> Any:
    """The schema with its keywords in reading order, and descriptions cut where the public part ends."""
    if not isinstance(schema, dict):
        return schema
    made: JsonSchema = {}
    for keyword in sorted(schema, key=lambda keyword: _RANK.get(keyword, len(_RANK))):
        value = schema[keyword]
        if keyword in _OF_SCHEMAS_BY_NAME and isinstance(value, dict):
            value = {name: tidy(each) for name, each in value.items()}
        elif keyword in _OF_SCHEMAS and isinstance(value, list):
            value = [tidy(each) for each in value]
        elif keyword in _OF_SCHEMA:
            value = tidy(value)
        elif keyword == "description" and isinstance(value, str):
            value = value.split("\f")[0]
        made[keyword] = value
    return made


def _has_computed_field(schema: Any) -> bool:
    """Whether anything in a core schema is written with a field that is never read."""
    if isinstance(schema, dict):
        return bool(schema.get("computed_fields")) or any(map(_has_computed_field, schema.values()))
    if isinstance(schema, list | tuple):
        return any(map(_has_computed_field, schema))
    return False
