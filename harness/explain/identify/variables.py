"""A black box that reads its inputs only through one quantity is identified as a function of that quantity.

A column of the prediction, a difference of two arrays, the scores of a linear layer, the distances of an anchor: each is
a tree over the inputs, together with inputs under which the quantity has any given values. That the black box reads
nothing else shows in its answers: they are the same on its own inputs and on those that only have the quantity in common.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np

from harness.explain.identify.answers import Answer, Ask, Inputs, Oracle
from harness.explain.identify.frame import Frame, frame_of
from harness.explain.identify.numbers import short
from harness.records import Array, InputArray, Raised
from harness.reference.arithmetic import FORMATS, Plain, quantise
from harness.reference.interpret import Scope, interpret
from harness.reference.tape import Tensor
from harness.syntax import Attribute, Binary, Call, Index, Input, Literal, Node, Slice

MANY = 16  # Columns that are looked at one by one.
TABLE = 2  # Axes of a table.
ELSEWHERE = 0.45  # What the columns that are not looked at are multiplied by.
# What is added to both squared norms of a cosine.
ADDED = (0.0, float(np.float32(1e-12)))
NORMS = (2.0, 1.0)
LONG = 1e6
ROUNDINGS = 256.0  # By which two answers to the same question may differ.
PREDICTION, ONE = Input("prediction"), Literal(1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """A quantity, and how to give it values.

    Attributes:
        tree: The quantity, a tree over the inputs, of which one is called `prediction`.
        reads: The inputs beside the prediction that it takes the place of.
        build: Values of it → the prediction and those inputs; nan where no inputs give it such a value.
        slope: Gradient by the prediction under such inputs → gradient by the quantity; None where it does not tell.
        words: The quantity in words.
        domain: What its values may be; as the user's show where it is empty.
        kind: What the target is where the black box has none: "absent" is 0, "certain" is 1.
    """

    tree: Node
    reads: tuple[str, ...]
    build: Callable[[Array], dict[str, Array]]
    slope: Callable[[Array], Array] | None
    words: str
    domain: str = ""
    kind: str = "absent"


def changes(frame: Frame, oracle: Oracle) -> Iterator[tuple[Frame, Oracle]]:
    """The frame and the black box of every quantity that is, as far as one answer shows, all that is read."""
    if frame.prediction != PREDICTION.name:
        return
    for variable in (
        *_columns(frame),
        *_differences(frame),
        *_scores(frame),
        *_cosines(frame),
        *_triplets(frame, oracle),
    ):
        if not _is_all(oracle, frame, variable):
            continue
        narrow = _framed(frame, variable)
        if narrow is not None:
            oracle.note(f"other inputs with the same {variable.words}", f"only {variable.words} matters")
            yield narrow, _behind(oracle, variable)


def _is_all(oracle: Oracle, frame: Frame, variable: Variable) -> bool:
    before = oracle.value(frame.given)
    after = oracle.value({**frame.given, **variable.build(_worth(variable.tree, frame.given))})
    if before is None or after is None or before.shape != after.shape:
        return False
    limit = ROUNDINGS * FORMATS[frame.dtype].u * (1.0 + np.abs(before))
    with np.errstate(invalid="ignore"):
        return bool(np.all(np.abs(before - after) <= limit))


def _worth(tree: Node, inputs: Inputs) -> Array:
    plain = Plain()
    leaves = {n: Tensor(plain, np.asarray(a, np.float64)) if a.dtype.kind == "f" else a for n, a in inputs.items()}
    with np.errstate(all="ignore"):
        value = interpret(tree, Scope(leaves, Tensor(plain, np.zeros(()))))
    return np.asarray(value.mid if isinstance(value, Tensor) else value, np.float64)


def _framed(frame: Frame, variable: Variable) -> Frame | None:
    values = {name: a for name, a in frame.given.items() if name not in variable.reads}
    if frame.kind == "absent":
        del values[frame.target]
    values[frame.prediction] = _worth(variable.tree, frame.given)
    specimen = {name: InputArray(a, bool(np.all(a == np.round(a)))) for name, a in values.items()}
    narrow = frame_of(specimen, frame.prediction, frame.target, frame.dtype, variable.kind)
    if narrow is None:
        return None
    exact = variable.slope is not None
    return replace(narrow, tree=variable.tree, domain=variable.domain or narrow.domain, exact=exact)


def _behind(oracle: Oracle, variable: Variable) -> Oracle:
    """The black box asked with values of the quantity in place of the prediction."""

    def through(ask: Ask) -> Ask:
        def asked(inputs: Inputs) -> Answer | Raised:
            built = variable.build(np.asarray(inputs[PREDICTION.name], np.float64))
            if not all(np.all(np.isfinite(a)) for a in built.values()):
                return Raised("ValueError", f"no inputs have such {variable.words}")
            answer = ask({**inputs, **built})
            if isinstance(answer, Raised) or answer.gradient is None:
                return answer
            return Answer(answer.value, None if variable.slope is None else variable.slope(answer.gradient))

        return asked

    return replace(oracle, ask=through(oracle.ask), slope=through(oracle.slope), known={}, sloped={})


def normalised_target(frame: Frame, oracle: Oracle) -> Iterator[Frame]:
    """The frame of targets that count by their shares of their row alone, as far as one answer shows."""
    t = frame.given[frame.target]
    if frame.kind not in ("unit", "positive") or t.shape != frame.shape or frame.classes == 1:
        return
    factors = np.random.default_rng(6).uniform(0.3, 0.9, frame.positions)
    before = oracle.value(frame.given)
    after = oracle.value({**frame.given, frame.target: t * np.expand_dims(factors, frame.axis)})
    if before is None or after is None or before.shape != after.shape:
        return
    with np.errstate(invalid="ignore"):
        same = np.abs(before - after) <= ROUNDINGS * FORMATS[frame.dtype].u * (1.0 + np.abs(before))
    if np.all(same):
        own = Input(frame.target)
        total = Call("numpy.sum", (own, Literal(frame.axis)), (("keepdims", Literal(True)),))  # noqa: FBT003  a literal of the tree
        oracle.note("targets times a number for each row", "only their shares matter")
        given = {**frame.given, frame.target: quantise(t / t.sum(frame.axis, keepdims=True), frame.dtype)}
        yield replace(frame, given=given, kind="distribution", source=Binary("/", own, total))


def _columns(frame: Frame) -> Iterator[Variable]:
    """One column of a table of predictions, where there is one target for each row."""
    x = frame.given[frame.prediction]
    if x.ndim != TABLE or not 1 < x.shape[1] <= MANY or frame.given[frame.target].shape != x.shape[:1]:
        return
    for column in range(x.shape[1]):

        def build(z: Array, column: int = column) -> dict[str, Array]:
            wide = np.resize(x, (len(z), x.shape[1])) * ELSEWHERE
            wide[:, column] = z
            return {PREDICTION.name: wide}

        def slope(gradient: Array, column: int = column) -> Array:
            return np.asarray(gradient[:, column])

        tree = Index(PREDICTION, (Slice(), Literal(column)))
        yield Variable(tree, (), build, slope, f"column {column} of the prediction")


def _beside(frame: Frame) -> list[str]:
    """Further inputs of the prediction's form."""
    shape = frame.given[frame.prediction].shape
    return [name for name in frame.extras if shape and frame.given[name].shape == shape]


def _differences(frame: Frame) -> Iterator[Variable]:
    for name in _beside(frame):

        def build(z: Array, name: str = name) -> dict[str, Array]:
            return {PREDICTION.name: z, name: np.zeros_like(z)}

        yield Variable(
            Binary("-", PREDICTION, Input(name)),
            (name,),
            build,
            lambda g: g,
            f"difference of prediction and {name}",
            "real",
        )


def _scores(frame: Frame) -> Iterator[Variable]:
    """The scores of a linear layer whose weights, and perhaps biases, are inputs."""
    x = frame.given[frame.prediction]
    for name in frame.extras if x.ndim == TABLE else ():
        weights = frame.given[name]
        if weights.ndim != TABLE or x.shape[1] not in weights.shape:
            continue
        ways: list[Node] = [Attribute(Input(name), "T")] if weights.shape[1] == x.shape[1] else []
        ways += [Input(name)] if weights.shape[0] == x.shape[1] else []
        for way in ways:
            scores: Node = Call("torch.matmul", (PREDICTION, way))
            classes = weights.shape[0 if isinstance(way, Attribute) else 1]
            if frame.given[frame.target].shape not in {x.shape[:1], (len(x), classes)}:
                continue
            for bias in (None, *(n for n in frame.extras if frame.given[n].shape == (classes,))):

                def build(z: Array, name: str = name, bias: str | None = bias) -> dict[str, Array]:
                    none = {} if bias is None else {bias: np.zeros(z.shape[-1])}
                    return {PREDICTION.name: z, name: np.eye(z.shape[-1]), **none}

                tree = scores if bias is None else Binary("+", scores, Input(bias))
                reads = (name,) if bias is None else (name, bias)
                yield Variable(tree, reads, build, lambda g: g, f"scores of {name}", "real")


def _dot(x: Node, y: Node) -> Node:
    return Call("torch.sum", (Binary("*", x, y), Literal(-1)))


def _cosines(frame: Frame) -> Iterator[Variable]:
    """One less the cosine of two vectors for each sample."""
    x = frame.given[frame.prediction]
    for name in _beside(frame) if x.ndim == TABLE and x.shape[1] > 1 else ():
        for added in ADDED:
            own, other = PREDICTION, Input(name)
            squares = [Binary("+", _dot(v, v), Literal(added)) if added else _dot(v, v) for v in (own, other)]
            cosine = Binary("/", _dot(own, other), Call("torch.sqrt", (Binary("*", *squares),)))

            def build(z: Array, name: str = name, added: float = added) -> dict[str, Array]:
                square = 1.0 - added  # of a length that is 1 with what is added
                along = np.where((z < 0.0) | (z > 2.0), np.nan, (1.0 - z) / square)  # noqa: PLR2004  the range of it
                # Parallel vectors have a cosine of 1 only where they are so long that nothing added is seen.
                size = np.where(np.abs(along) > 1.0, LONG, np.sqrt(square))[:, None]
                along = np.clip(along, -1.0, 1.0)
                a, b = np.zeros((2, len(z), x.shape[1]))
                a[:, 0], a[:, 1], b[:, 0] = along, np.sqrt(1.0 - along * along), 1.0
                return {PREDICTION.name: a * size, name: b * size}

            yield Variable(Binary("-", ONE, cosine), (name,), build, None, f"cosine of prediction and {name}", "unit")


def _measured_shift(frame: Frame, oracle: Oracle, near: str, far: str) -> float:
    """What is added to differences before their norm is taken: norms of 1 + ε and 1 − ε differ by twice as much."""
    shape = frame.given[frame.prediction].shape
    x, y, z = np.zeros((3, *shape))
    y[:, 1] = 3.0
    answers = []
    for at in (-1.0, 1.0, -2.0):
        z[:, 0] = at
        answers.append(oracle.value({**frame.given, PREDICTION.name: x, near: y, far: z}))
    if any(a is None for a in answers):
        return 0.0
    one, other, two = (float(np.sum(a)) for a in answers)  # type: ignore[arg-type]
    return short((other - one) / (one - two) / 2.0, 2.0**-46) if two != one else 0.0


def _triplets(frame: Frame, oracle: Oracle) -> Iterator[Variable]:
    """How much farther an anchor is from one vector than from another."""
    x = frame.given[frame.prediction]
    for near, far in permutations(_beside(frame), 2) if x.ndim == TABLE and x.shape[1] > 1 else ():
        for shift in dict.fromkeys((_measured_shift(frame, oracle, near, far), 0.0)):
            for norm in (*NORMS, None):

                def distance(a: Node, b: Node, shift: float = shift, norm: float | None = norm) -> Node:
                    apart = Binary("-", a, b)
                    apart = Binary("+", apart, Literal(shift)) if shift else apart
                    return (
                        _dot(apart, apart) if norm is None else Call("torch.norm", (apart, Literal(norm), Literal(-1)))
                    )

                def build(
                    z: Array, near: str = near, far: str = far, shift: float = shift, norm: float | None = norm
                ) -> dict[str, Array]:
                    # One of both is where its shifted distance is none, the other |z| away along the first axis.
                    away = np.zeros((len(z), x.shape[1]))
                    away[:, 0] = np.sqrt(np.abs(z)) if norm is None else np.abs(z)
                    farther = z[:, None] >= 0
                    return {
                        PREDICTION.name: np.zeros_like(away),
                        near: np.where(farther, shift, shift - away),
                        far: np.where(farther, shift - away, shift),
                    }

                own, other = Input(near), Input(far)
                plain = distance(PREDICTION, other)
                for farther in (plain, Call("torch.minimum", (plain, distance(own, other)))):
                    tree = Binary("-", farther, distance(PREDICTION, own))
                    words = f"distances from {near} and {far}"
                    yield Variable(tree, (near, far), build, None, words, "real", "certain")
