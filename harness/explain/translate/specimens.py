"""Inputs that suit an expression for which none were given: of the kinds that its point reads, in shapes that fit."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from itertools import product

import numpy as np

from harness.catalog import api_of, complete
from harness.errors import CaseError
from harness.explain.compose import resolve
from harness.explain.standing import as_arrays, facts_of
from harness.explain.translate.check import FAILURES, PLAIN
from harness.explain.translate.kinds import SAMPLERS, sample
from harness.expression import parse
from harness.functions import ALIASES, BUILTIN_TYPES, BUILTINS
from harness.records import InputArray
from harness.reference.evaluate import evaluate
from harness.semantics import Semantics
from harness.syntax import Node
from harness.trees import inputs_of, walk

SAMPLES, CLASSES = 7, 5
WIDE = (SAMPLES, CLASSES)
# Shapes that a further input may have: one number per class, per element, per sample, per pair of classes.
SHAPES = ((CLASSES,), WIDE, (SAMPLES,), (CLASSES, CLASSES))
_OVERLAPS = ("dice", "iou", "tversky")
_DISTRIBUTIONS = ("cross-entropy", "kl", "generalised-kl", "entropy", "generalised-cross-entropy")


def names_in(text: str) -> frozenset[str]:
    """Names in an expression that stand for inputs: all that are neither a module nor a function of Python."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError:
        return frozenset()
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return frozenset(used - {*ALIASES} - BUILTINS - BUILTIN_TYPES)


def suitable(text: str, given: Mapping[str, InputArray] | None = None) -> tuple[Node, dict[str, InputArray]]:
    """The expression `text`, and an input for each of its names that has none.

    Args:
        text: An expression, as a case has it; a bare loss is called with prediction and target.
        given: Inputs that are there already.

    Raises:
        CaseError: The text cannot be read; or `no-inputs`, if no inputs of the harness's own suit it.
    """
    given = dict(given or {})
    names = names_in(text) | {"prediction", "target"} | given.keys()
    tree = complete(parse(text, names), names)
    used = inputs_of(tree)
    if used <= given.keys():
        return tree, {name: given[name] for name in used}
    for inputs in _tries(tree, {name: given[name] for name in used & given.keys()}):
        point = _point(tree, inputs)
        if point is not None and _is_finite(point, inputs):
            return tree, inputs
    raise CaseError("no-inputs", f"no inputs of the harness's own suit {text!r}; give prediction and target")


def _tries(tree: Node, given: Mapping[str, InputArray]) -> Iterator[dict[str, InputArray]]:
    """Rough inputs first, whose point then says of what kinds they ought to be."""
    rng = np.random.default_rng(0)
    others = sorted(inputs_of(tree) - given.keys() - {"prediction"})
    api = next((found for node in walk(tree) if (found := api_of(node)) is not None), None)
    index = api is not None and api.index_target != "never"
    arrays = frozenset({"variance", "other"} | {*api.roles} if api else {})
    for shape in (WIDE, (SAMPLES,), (SAMPLES, CLASSES, 3)):
        for shapes in product(*(_shapes(name, shape, index=index, wide=name in arrays) for name in others)):
            rough = {name: sample("positive", s, rng) for name, s in zip(others, shapes, strict=True)}
            if index and "target" in rough:
                rough["target"] = _labels(shapes[others.index("target")])
            rough["prediction"] = sample("real", shape, rng)
            rough |= given
            point = _point(tree, rough)
            lists = point is not None and point.target.encoding == "index-list"
            if point is not None and not (lists and rough["target"].values.shape != shape):
                yield {name: given.get(name) or _refined(name, rough[name], point, rng) for name in rough}


def _shapes(name: str, shape: tuple[int, ...], *, index: bool, wide: bool) -> tuple[tuple[int, ...], ...]:
    if name == "target":
        return ((SAMPLES,), shape) if index else (shape, (SAMPLES,))
    return (shape, *SHAPES) if wide else SHAPES


def _labels(shape: tuple[int, ...]) -> InputArray:
    return InputArray(np.arange(int(np.prod(shape))).reshape(shape)[..., ::-1] % CLASSES, integral=True)


def _point(tree: Node, inputs: Mapping[str, InputArray]) -> Semantics | None:
    try:
        return resolve(tree, facts_of(inputs, "float32", "prediction"))
    except FAILURES:
        return None


def _is_finite(point: Semantics, inputs: Mapping[str, InputArray]) -> bool:
    try:
        value = evaluate(point, as_arrays(inputs, "float64"), PLAIN, "float64", "prediction").value
    except FAILURES:
        return False
    return bool(np.all(np.isfinite(np.asarray(value))))


def _refined(name: str, rough: InputArray, point: Semantics, rng: np.random.Generator) -> InputArray:
    kind = {"prediction": prediction_kind, "target": target_kind}.get(name, lambda _point: "positive")(point)
    shape = rough.values.shape
    if kind == "index":
        return rough
    if kind == "lists":
        lists = rng.integers(-1, CLASSES, shape)
        lists[..., -1] = -1
        return InputArray(lists, integral=True)
    if kind in ("simplex", "log-simplex", "one-hot") and (not shape or shape[-1] == 1):
        kind = "unit"
    assert kind in SAMPLERS, kind
    return sample(kind, shape, rng)


def prediction_kind(point: Semantics) -> str:
    """What kind of numbers the prediction of a point is."""
    chain, family = point.activation.chain, point.term.family
    if chain[:1] == ("exp",):
        return "real" if family == "poisson" else "log-simplex"
    if chain:
        return "real"
    if family in _OVERLAPS or (family == "cross-entropy" and point.term.sides == "two"):
        return "unit"
    if family in _DISTRIBUTIONS or (family == "squared" and point.target.encoding in ("index", "ranked")):
        return "simplex"
    return "positive" if family in ("poisson", "squared-log") else "real"


def target_kind(point: Semantics) -> str:
    """What kind of numbers its target is."""
    encoding, family = point.target.encoding, point.term.family
    known = {"index": "index", "ranked": "index", "log": "log-simplex", "index-list": "lists"}
    if encoding in known:
        return known[encoding]
    if encoding.startswith("signed"):
        return "signed"
    if family in _OVERLAPS or (family in _DISTRIBUTIONS and point.term.sides == "two"):
        return "binary"
    if family in _DISTRIBUTIONS:
        return "simplex"
    if family in ("hinge", "squared-hinge", "hinge-embedding", "logistic"):
        return "binary"
    return {"poisson": "count", "squared-log": "positive", "categorical-hinge": "one-hot"}.get(family, "real")
