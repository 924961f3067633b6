"""Check the shape of the data of a response: every field that was requested, at any depth, of its GraphQL type.

A broken or hostile server may send anything there. Whatever reads a checked response can rely on it: a key is there, an
object is an object, a number fits its column, a time is one that a calendar has. `shapes.json` is written from the
documents by `make docs`. Unknown kinds of objects pass: GitHub adds them, and nothing was requested of them.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from pydantic_core import SchemaValidator, ValidationError, core_schema

from tasks.github.api.errors import Misshapen
from tasks.github.api.response import Json

FILE = Path(__file__).with_name("shapes.json")
OTHER = "*"
_WORDS = {
    "missing": "is missing",
    "string_type": "is not text",
    "int_type": "is not a whole number",
    "bool_type": "is neither true nor false",
    "list_type": "is not a list",
    "dict_type": "is not an object",
}

_TEXT = core_schema.str_schema(strict=True)
_SCALARS: dict[str, core_schema.CoreSchema] = {
    "str": _TEXT,
    # Numbers too large for a column and times that no calendar has are judged where they are parsed.
    "int": core_schema.int_schema(strict=True),
    "bool": core_schema.bool_schema(strict=True),
    "time": _TEXT,
}


def check_shape(name: str, data: Json, subject: str) -> None:
    """Raise Misshapen if the data is not what the document of this name requested."""
    validator = _validators().get(name)
    if validator is None:
        return
    try:
        validator.validate_python(data)
    except ValidationError as error:
        raise Misshapen(_describe(error), subject=subject) from None


def _describe(error: ValidationError) -> str:
    """Return the place of the first fault and what is wrong with it, without anything that the server wrote."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"] if part != OTHER)
    return f"the response is not what was requested: {place} {_WORDS.get(first['type'], 'is not of its type')}"


@cache
def _validators() -> dict[str, SchemaValidator]:
    shapes = json.loads(FILE.read_text(encoding="utf-8"))
    return {name: SchemaValidator(_compile(shape)) for name, shape in shapes.items()}


def _compile(shape: Any) -> core_schema.CoreSchema:
    if isinstance(shape, str):
        found = _SCALARS[shape.removesuffix("?")]
        return core_schema.nullable_schema(found) if shape.endswith("?") else found
    if "list" in shape:
        found = core_schema.list_schema(_compile(shape["list"]), strict=True, fail_fast=True)
    else:
        found = _compile_object(shape["fields"], shape.get("on", {}))
    return core_schema.nullable_schema(found) if shape.get("null") else found


def _compile_object(fields: dict[str, Any], fragments: dict[str, dict[str, Any]]) -> core_schema.CoreSchema:
    if not fragments:
        return _fields(fields)
    kinds = {kind: _fields(fields | more) for kind, more in fragments.items()}

    def find_kind(value: object) -> str | None:
        if not isinstance(value, dict):
            return None
        kind = value.get("__typename")
        return kind if isinstance(kind, str) and kind in kinds else OTHER

    return core_schema.tagged_union_schema({**kinds, OTHER: _fields(fields)}, find_kind)


def _fields(fields: dict[str, Any]) -> core_schema.CoreSchema:
    return core_schema.typed_dict_schema(
        {name: core_schema.typed_dict_field(_compile(shape)) for name, shape in fields.items()}
    )
