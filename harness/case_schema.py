"""The case format as JSON Schema, for editors: made from the reader's own tables, so the two cannot drift apart.

Editors complete and underline with it. The reader is stricter: what a schema cannot say (a side that exists, a function
that exists, rows of one length) only the reader checks.
"""

from typing import Any

from harness import cases, generators, sides
from harness.factors import FACTORS
from harness.records import DTYPES, Verdict
from harness.semantics import STAGES

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string", "minLength": 1}
_NUMBER: Schema = {"anyOf": [{"type": ["number", "boolean"]}, {"enum": [".inf", "-.inf", ".nan"]}]}
_CLAIMED: Schema = {"anyOf": [{"type": "number"}, _TEXT, {"type": "array", "items": {"$ref": "#/$defs/claimed"}}]}
_ARRAY: Schema = {"anyOf": [_NUMBER, {"type": "array", "items": {"$ref": "#/$defs/array"}}]}
_INTEGER: Schema = {"type": "integer"}
_COUNT: Schema = {"type": "integer", "minimum": 0}

_PARAMETERS: dict[str, Schema] = {
    "shape": {"type": "array", "items": _COUNT, "maxItems": generators.MAX_AXES},
    "labels": {"$ref": "#/$defs/array"},
    "classes": {"type": "integer", "minimum": 1},
    "num": {"type": "integer", "minimum": 1},
    "seed": _COUNT,
    "axis": _INTEGER,
}


def case_schema() -> Schema:
    """JSON Schema (draft 2020-12) of one case file, once YAML has been read.

    Every key has a description, which editors show on hover.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A case of the loss harness",
        **_object(_CASE, cases.REQUIRED_KEYS),
        "$defs": {"array": _ARRAY, "claimed": _CLAIMED, "input": _input(), "side": _side()},
    }


def _described(description: str, schema: Schema) -> Schema:
    return {"description": description, **schema}


def _object(properties: dict[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    schema: Schema = {"type": "object", "additionalProperties": False, "properties": properties}
    return schema | {"required": list(required)} if required else schema


def _list(items: Schema, **limits: int) -> Schema:
    return {"type": "array", "items": items, **limits}


def _one_of(*allowed: str) -> Schema:
    return {"enum": list(allowed)}


def _generator(name: str) -> Schema:
    generator = generators.GENERATORS[name]
    parameters = {key: _PARAMETERS.get(key, {"type": "number"}) for key in generator.parameters}
    return _object(parameters, generator.required)


def _input() -> Schema:
    dtype = _described("Hands the input over in this dtype.", _one_of(*DTYPES, *generators.INTEGER_DTYPES))
    forms = {"values": {"$ref": "#/$defs/array"}, **{name: _generator(name) for name in generators.GENERATORS}}
    made = [_object({name: form, "dtype": dtype}, (name,)) for name, form in forms.items()]
    return {"anyOf": [{"$ref": "#/$defs/array"}, *made]}


def _side() -> Schema:
    called: dict[str, Schema] = {
        "call": _described("An expression, as a text side is.", _TEXT),
        "adapter": _described(
            "Who is asked, instead of the adapter of the functions in it.",
            {"type": "string", "pattern": f"^{sides.ADAPTER.pattern}$"},
        ),
        "environment": _described(
            "The environment that runs it.", {"type": "string", "pattern": f"^{sides.ENVIRONMENT.pattern}$"}
        ),
        "mode": _described("Run as written, or compiled.", _one_of(*sides.MODES)),
    }
    claim = _described("Numbers as printed; the digits say how precise they are.", {"$ref": "#/$defs/claimed"})
    return {"anyOf": [_TEXT, _object(called, ("call",)), _object({"claim": claim}, ("claim",))]}


_FACTOR: Schema = _one_of(*dict.fromkeys((*STAGES, *FACTORS)))

_EXPECTATION = _object(
    {
        "between": _described("The two sides compared.", _list(_TEXT, minItems=2, maxItems=2)),
        "verdict": _described("What the comparison comes to.", _one_of(*Verdict)),
        "factors": _described("The stages that explain the difference.", _list(_FACTOR)),
        "aspect": _described("Only the value, or only the gradient.", _one_of(*cases.ASPECTS)),
        "dtype": _described("Only this dtype of the case.", _one_of(*DTYPES)),
    },
    ("between", "verdict"),
)

_KNOWN = _object(
    {
        "side": _described("The side that is wrong.", _TEXT),
        "status": _described("Whether it will be mended.", _one_of(*cases.STATUSES)),
        "reason": _described("Whose bug it is, with a link.", _TEXT),
    },
    cases.KNOWN_KEYS,
)

_CASE: dict[str, Schema] = {
    "id": _described("Unique among all cases.", {"type": "string", "pattern": f"^{cases.ID.pattern}$"}),
    "title": _described("The question in one line.", _TEXT),
    "why": _described("Why the case is worth having.", _TEXT),
    "source": _described("Where the question comes from.", _TEXT),
    "inputs": _described("Arrays by name.", {"type": "object", "additionalProperties": {"$ref": "#/$defs/input"}}),
    "prediction_is": _described("What the prediction means, so that misuse can be named.", _one_of(*cases.MEANINGS)),
    "dtype": _described(
        "One dtype or several.",
        {"anyOf": [_one_of(*DTYPES), _list(_one_of(*DTYPES), minItems=1) | {"uniqueItems": True}]},
    ),
    "gradient": _described(
        "Differentiate by the prediction, by the input named, or not at all.", {"anyOf": [{"type": "boolean"}, _TEXT]}
    ),
    "sides": _described(
        "Who answers: expressions, claims, calls with an environment.",
        {
            "type": "object",
            "additionalProperties": {"$ref": "#/$defs/side"},
            "minProperties": 2,
            "maxProperties": sides.MAX_SIDES,
        },
    ),
    "expect": _described("What must come out; without it, only `unexplained` fails.", _list(_EXPECTATION)),
    "known": _described("Divergences that are somebody's bug.", _list(_KNOWN)),
}
