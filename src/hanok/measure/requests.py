"""Which request is sent for which route: made of what OpenAPI says of it, or given by hand.

Simple parameters get their example, their default, or the plainest value of their type. Only what reads (GET) is sent without
being asked for: anything else may change something.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from hanok.exceptions import ConfigError

READS = frozenset({"GET"})
DEEPEST = 8  # of schemas inside schemas
OUR_PAGES = ("openapi_url", "docs_url", "redoc_url", "swagger_ui_oauth2_redirect_url")

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Sent:
    """A request. ``route`` is the path template it is for; ``given``: somebody asked for exactly this."""

    method: str
    target: str
    body: bytes = b""
    headers: Headers = ()
    route: str = ""
    given: bool = False

    @property
    def label(self) -> str:
        return f"{self.method} {self.target}"

    def message(self, number: int = 0) -> bytes:
        """As bytes of HTTP/1.1. Each number has other header bytes, so that nothing is recognised from the request before."""
        fields = {"host": "127.0.0.1", "user-agent": f"hanok-bench/{number}", "accept": "*/*"}
        if self.body:
            fields |= {"content-type": "application/json", "content-length": str(len(self.body))}
        fields |= {name.lower(): value for name, value in self.headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return f"{self.method} {self.target} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + self.body


@dataclass(frozen=True)
class Skipped:
    """A route that no request is sent for, and why."""

    method: str
    route: str
    reason: str


class NoValue(Exception):
    """What is wanted cannot be guessed; the message says what it is."""


def given_request(text: str, headers: Headers = ()) -> Sent:
    """``GET /items/5?q=a`` or ``POST /orders {"customer": "Mina"}``. Raises ConfigError for what is neither."""
    words = text.split(None, 2)
    if len(words) == 1:
        words.insert(0, "GET")
    if len(words) < 2 or not words[0].isalpha() or not words[1].startswith("/"):
        raise ConfigError(f"--request {text!r}: give a method and a path, for example 'GET /items/5?q=a'.")
    method, target = words[0].upper(), quote(words[1], safe="/?&=%:@!$'()*+,;~[]")
    body = words[2].encode() if len(words) == 3 else b""
    return Sent(method, target, body, headers, target.partition("?")[0], given=True)


def requests_of(app: Any, headers: Headers = (), *, also_writing: bool = False) -> Iterator[Sent | Skipped]:
    """For every route of the application, in the order of its document, the request to send or why there is none."""
    document = document_of(app)
    described = set()
    for path, item in document.get("paths", {}).items():
        for method, operation in item.items():
            method = method.upper()
            described.add((method, path))
            if not isinstance(operation, Mapping) or method in ("HEAD", "OPTIONS", "PARAMETERS", "SERVERS", "SUMMARY"):
                continue
            if method not in READS and not also_writing:
                yield Skipped(method, path, f"may change something; --all sends it, or --request '{method} {path}'")
                continue
            try:
                yield Maker(document).request(method, path, operation, headers)
            except NoValue as wanted:
                yield Skipped(method, path, f"{wanted}; say it with --request '{method} {path}'")
    yield from undescribed(app, described, headers)


def document_of(app: Any) -> Mapping[str, Any]:
    """The OpenAPI document; empty for applications that have none."""
    make = getattr(app, "openapi", None)
    document = make() if callable(make) else {}
    return document if isinstance(document, Mapping) else {}


def undescribed(app: Any, described: Iterable[tuple[str, str]], headers: Headers) -> Iterator[Sent | Skipped]:
    """The routes that OpenAPI does not show: those without parameters are asked as they are."""
    described = set(described)
    own = {getattr(app, name, None) for name in OUR_PAGES}
    for route in getattr(app, "routes", None) or ():
        path, methods = getattr(route, "path", None), getattr(route, "methods", None)
        if (
            not path
            or path in own
            or path.startswith("/docs/assets/")
            or not methods
            or "GET" not in methods
            or ("GET", path) in described
        ):
            continue
        if "{" in path:
            yield Skipped("GET", path, f"it is not in OpenAPI; say it with --request 'GET {path}'")
        else:
            yield Sent("GET", path, headers=headers, route=path)


@dataclass
class Maker:
    """Makes requests of a document's operations."""

    document: Mapping[str, Any]
    query: list[tuple[str, Any]] = field(default_factory=list)
    fields: list[tuple[str, str]] = field(default_factory=list)

    def request(self, method: str, path: str, operation: Mapping[str, Any], headers: Headers) -> Sent:
        """Raises NoValue when something required cannot be guessed."""
        target = path
        sent = {name.lower() for name, _ in headers}
        cookies = []
        for parameter in operation.get("parameters", ()):
            parameter = self.resolved(parameter)
            name, place = parameter["name"], parameter["in"]
            if place == "header" and name.lower() in sent:
                continue
            if place != "path" and not parameter.get("required"):
                continue  # a request that leaves out what it may is the plainest
            value = self.of_parameter(parameter)
            if place == "path":
                target = target.replace("{" + name + "}", quote(text_of(value), safe=""))
            elif place == "query":
                self.query += [(name, text_of(one)) for one in (value if isinstance(value, list) else [value])]
            elif place == "header":
                self.fields.append((name, text_of(value)))
            else:
                cookies.append(f"{name}={quote(text_of(value))}")
        if cookies:
            self.fields.append(("cookie", "; ".join(cookies)))
        if self.query:
            target += "?" + urlencode(self.query)
        return Sent(method, target, self.body(operation), (*self.fields, *headers), path)

    def body(self, operation: Mapping[str, Any]) -> bytes:
        wanted = self.resolved(operation.get("requestBody", {}))
        if not wanted.get("required"):
            return b""
        described = wanted.get("content", {}).get("application/json")
        if described is None:
            raise NoValue(f"it wants a body of {', '.join(wanted.get('content', {})) or 'an unknown kind'}")
        value = example_of(described)
        if value is None:
            value = self.value(described.get("schema", {}))
        return json.dumps(value).encode()

    def of_parameter(self, parameter: Mapping[str, Any]) -> Any:
        value = example_of(parameter)
        if value is not None:
            return value
        try:
            value = self.value(parameter.get("schema", {}))
        except NoValue as wanted:
            raise NoValue(f"{parameter['in']} parameter {parameter['name']!r}: {wanted}") from None
        if isinstance(value, dict):
            raise NoValue(f"{parameter['in']} parameter {parameter['name']!r} is an object")
        return value

    def resolved(self, described: Mapping[str, Any]) -> Mapping[str, Any]:
        reference = described.get("$ref")
        if reference is None:
            return described
        found: Any = self.document
        for part in str(reference).removeprefix("#/").split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]
        return found  # type: ignore[no-any-return]  # it is JSON

    def value(self, schema: Mapping[str, Any], depth: int = 0) -> Any:
        """The example or default of a JSON schema, else the plainest value. Raises NoValue."""
        if depth > DEEPEST:
            raise NoValue("its schema goes too deep")
        found = example_of(schema)  # a reference may have one of its own beside it
        schema = self.resolved(schema)
        if found is None:
            found = example_of(schema)
        if found is None:
            found = schema.get("default", schema.get("const"))
        if found is None and schema.get("enum"):
            found = schema["enum"][0]
        if found is not None:
            return found
        for key in ("anyOf", "oneOf"):
            for one in schema.get(key, ()):
                return self.value(one, depth + 1)
        if len(schema.get("allOf", ())) == 1:
            return self.value(schema["allOf"][0], depth + 1)
        kind = schema.get("type")
        if kind == "object":
            properties = schema.get("properties", {})
            return {name: self.value(properties.get(name, {}), depth + 1) for name in schema.get("required", ())}
        if kind == "array":
            return [self.value(schema.get("items", {}), depth + 1) for _ in range(schema.get("minItems", 0))]
        make = PLAINEST.get(str(kind))
        if make is None:
            raise NoValue("its schema says no type")
        return make(schema)


def example_of(described: Mapping[str, Any]) -> Any:
    """The first example of a parameter, a body or a schema."""
    if "example" in described:
        return described["example"]
    examples = described.get("examples")
    if isinstance(examples, Mapping):  # OpenAPI's own kind
        return next((one["value"] for one in examples.values() if isinstance(one, Mapping) and "value" in one), None)
    return examples[0] if examples else None


def number(schema: Mapping[str, Any]) -> Any:
    """1, or the nearest that the bounds allow."""
    step = schema.get("multipleOf", 1)
    low, high = schema.get("minimum"), schema.get("maximum")
    if (above := schema.get("exclusiveMinimum")) is not None:
        low = above + step if schema.get("type") == "integer" else above + 0.5
    if (below := schema.get("exclusiveMaximum")) is not None:
        high = below - step if schema.get("type") == "integer" else below - 0.5
    value = step
    if low is not None and value < low:
        value = low if low % step == 0 else (low // step + 1) * step
    if high is not None and value > high:
        value = high // step * step
    return value


FORMATS = {
    "uuid": "00000000-0000-4000-8000-000000000001",
    "date": "2026-01-02",
    "date-time": "2026-01-02T03:04:05Z",
    "time": "03:04:05",
    "duration": "PT1S",
    "email": "someone@example.org",
    "uri": "https://example.org/",
    "ipv4": "127.0.0.1",
    "ipv6": "::1",
}


def text(schema: Mapping[str, Any]) -> str:
    """A short word, or what the format asks for."""
    if "pattern" in schema:
        raise NoValue(f"it has to match {schema['pattern']!r}")
    if "format" in schema:
        if schema["format"] not in FORMATS:
            raise NoValue(f"its format is {schema['format']!r}")
        return FORMATS[schema["format"]]
    return "a" * max(1, int(schema.get("minLength", 1)))


PLAINEST: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "integer": number,
    "number": number,
    "string": text,
    "boolean": lambda _: True,
    "null": lambda _: None,
}


def text_of(value: Any) -> str:
    """A value as it stands in a path or a query."""
    return str(value).lower() if isinstance(value, bool) else str(value)
