"""Losses composed of stages at random: points of the space that no catalog names, with inputs to show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from black_boxes import (
    BINARY,
    BINARY_PROBABLE,
    CATEGORICAL,
    DISTRIBUTIONS,
    ONE_HOTS,
    PROBABLE,
    PROBABLE_INDEX,
    REALS,
    SIGNED,
    specimen,
)

from harness.errors import CaseError
from harness.explain.identify import Answer
from harness.records import Raised
from harness.reference.arithmetic import Plain
from harness.reference.evaluate import evaluate
from harness.semantics import (
    Activation,
    Guard,
    Layout,
    Modulation,
    Reduction,
    Scale,
    Semantics,
    Smoothing,
    Target,
    Term,
    Weight,
)  # fmt: skip
from harness.syntax import Call, Input, Literal, Sequence

AXIS = 1


@dataclass(frozen=True, eq=False)
class Composed:
    """A point and the inputs it is shown with."""

    semantics: Semantics
    inputs: dict[str, np.ndarray]

    def ask(self, inputs):
        try:
            found = evaluate(self.semantics, inputs, Plain(), "float64", "prediction")
        except CaseError as error:
            return Raised(type(error).__name__, str(error))
        return Answer(np.asarray(found.value, float), np.asarray(found.gradient, float))

    @property
    def specimen(self):
        return specimen(self.inputs)


def _maybe(rng, chance, value):
    return value() if rng.random() < chance else None


def _amount(rng, low, high):
    """A number as people write them, or one that nobody would."""
    value = rng.uniform(low, high)
    return float(f"{value:.2g}") if rng.random() < 0.7 else float(value)


def _guard(rng, *, renormalise):
    low = 10.0 ** -int(rng.integers(5, 13))
    options = [
        Guard(),
        Guard(),
        Guard(clip=(low, f"1-epsilon:{low:g}"), order=("clip",)),
        Guard(clip=(low, None), order=("clip",)),
        Guard(added_epsilon=low, order=("added_epsilon",)),
        Guard(clamp=-float(rng.integers(20, 101)), order=("clamp",)),
    ]
    if renormalise:
        options += [
            Guard(renormalise=True, order=("renormalise",)),
            Guard(clip=(low, f"1-epsilon:{low:g}"), renormalise=True, order=("renormalise", "clip")),
            Guard(clip=(low, f"1-epsilon:{low:g}"), renormalise=True, order=("clip", "renormalise")),
        ]
    return options[int(rng.integers(len(options)))]


def _scale(rng, *, logarithmic):
    constant = _maybe(rng, 0.3, lambda: _amount(rng, 0.05, 20.0)) or 1.0
    base = float(rng.choice([0.0, 0.0, 0.0, 2.0, 10.0])) if logarithmic else 0.0
    return Scale(constant=constant, log_base=base, sign=int(rng.choice([1, 1, 1, 1, -1])))


def _literal(rng, count):
    return Call("numpy.array", (Sequence(tuple(Literal(_amount(rng, 0.2, 3.0)) for _ in range(count))),))


def _batch(rng):
    return str(rng.choice(["mean", "mean", "sum", "none"]))


def _weighted(rng, s, inputs, *, per_class):
    """With a class weight, a sample weight or a mask."""
    samples = next(iter(inputs.values())).shape[0]
    batch = s.reduction.batch
    choice = rng.integers(6)
    denominator = str(rng.choice(["elements", "weights"])) if batch == "mean" else "elements"
    kept = str(rng.choice(["elements", "kept"])) if batch == "mean" else "elements"
    flat = s.reduction.classes == "flat"
    if choice == 0 and per_class:
        weight, reduction = Weight(klass=Input("w"), klass_in="target"), denominator
        inputs = {**inputs, "w": rng.uniform(0.2, 2.0, inputs["prediction"].shape[-1])}
    elif choice == 1 and per_class:
        weight, reduction = Weight(klass=_literal(rng, inputs["prediction"].shape[-1]), klass_in="target"), denominator
    elif choice == 2:
        shape = inputs["prediction"].shape if flat else (samples,)
        weight, reduction = Weight(sample=Input("w")), denominator
        inputs = {**inputs, "w": rng.uniform(0.2, 2.0, shape)}
    elif choice == 3:
        shape = inputs["prediction"].shape if flat else (samples,)
        mask = rng.integers(0, 2, shape)
        mask.reshape(-1)[:2] = 1, 0
        weight, reduction = Weight(mask=Input("m")), kept
        inputs = {**inputs, "m": mask}
    else:
        return s, inputs
    from dataclasses import replace  # noqa: PLC0415

    weight = replace(s.weight, klass=weight.klass, klass_in=weight.klass_in, sample=weight.sample, mask=weight.mask)
    return replace(s, weight=weight, reduction=replace(s.reduction, denominator=reduction)), inputs


def categorical(rng):
    """One-sided cross-entropies of logits or probabilities."""
    logits = rng.random() < 0.65
    inputs = [[PROBABLE, PROBABLE_INDEX], [CATEGORICAL, ONE_HOTS, DISTRIBUTIONS]][logits][int(rng.integers(2 + logits))]
    index = inputs["target"].ndim == 1
    kinds = ["uniform", "uniform", "others", "binary"]
    smoothing = _maybe(rng, 0.35, lambda: Smoothing(str(rng.choice(kinds)), _amount(rng, 0.02, 0.4)))
    focal = _maybe(rng, 0.3, lambda: _amount(rng, 0.5, 4.0))
    guard = _guard(rng, renormalise=not logits) if not logits or rng.random() < 0.4 else Guard()
    s = Semantics(
        layout=Layout(class_axis=AXIS),
        target=Target(encoding="index" if index else "dense", smoothing=smoothing),
        activation=Activation(
            ("softmax",) if logits else (), _amount(rng, 0.3, 5.0) if logits and rng.random() < 0.3 else 1.0
        ),
        guard=guard,
        modulation=Modulation(
            focal=focal,
            poly=_maybe(rng, 0.15, lambda: _amount(rng, 0.2, 3.0)),
            z_loss=_maybe(rng, 0.15, lambda: _amount(rng, 1e-4, 1e-2)) if logits else None,
        ),
        reduction=Reduction(classes=str(rng.choice(["sum", "sum", "mean"])), batch=_batch(rng)),
        scale=_scale(rng, logarithmic=True),
    )
    return _weighted(rng, s, inputs, per_class=smoothing is None)


def binary(rng):
    """Two-sided cross-entropies of logits or probabilities."""
    logits = rng.random() < 0.6
    inputs = BINARY if logits else BINARY_PROBABLE
    s = Semantics(
        target=Target(smoothing=_maybe(rng, 0.3, lambda: Smoothing("binary", _amount(rng, 0.02, 0.4)))),
        activation=Activation(
            ("sigmoid",) if logits else (), _amount(rng, 0.3, 5.0) if logits and rng.random() < 0.25 else 1.0
        ),
        guard=_guard(rng, renormalise=False) if not logits or rng.random() < 0.4 else Guard(),
        term=Term(sides="two"),
        modulation=Modulation(focal=_maybe(rng, 0.3, lambda: _amount(rng, 0.5, 4.0))),
        weight=Weight(
            positive=_maybe(rng, 0.25, lambda: _amount(rng, 0.2, 8.0)),
            balance=_maybe(rng, 0.25, lambda: _amount(rng, 0.1, 0.9)),
        ),
        reduction=Reduction(classes="flat", batch=_batch(rng)),
        scale=_scale(rng, logarithmic=True),
    )
    return _weighted(rng, s, inputs, per_class=False)


FAMILIES = (
    ("squared", None), ("absolute", None), ("log-cosh", None), ("huber", "delta"), ("smooth-l1", "beta"), ("quantile", "quantile"),
)  # fmt: skip


def regression(rng):
    """Functions of the difference."""
    family, parameter = FAMILIES[int(rng.integers(len(FAMILIES)))]
    parameters = (
        () if parameter is None else ((parameter, _amount(rng, 0.1, 0.95 if parameter == "quantile" else 2.0)),)
    )
    chain = ("sigmoid",) if rng.random() < 0.2 and family in ("squared", "absolute") else ()
    s = Semantics(
        activation=Activation(chain),
        term=Term(family, parameters=parameters),
        reduction=Reduction(classes="flat", batch=_batch(rng)),
        scale=_scale(rng, logarithmic=False),
    )
    if rng.random() < 0.25:
        other = Semantics(
            term=Term(str(rng.choice(["squared", "absolute"]))), activation=s.activation, reduction=s.reduction,
            scale=Scale(constant=_amount(rng, 0.1, 2.0)),
        )  # fmt: skip
        if other.term.family != family and family not in ("quantile", "huber", "smooth-l1", "log-cosh"):
            from dataclasses import replace  # noqa: PLC0415

            return replace(s, plus=(other,)), REALS
    return _weighted(rng, s, REALS, per_class=False)


def margin(rng):
    """Hinges."""
    signed = rng.random() < 0.6
    s = Semantics(
        target=Target(encoding="signed" if signed else "dense"),
        term=Term(str(rng.choice(["hinge", "squared-hinge"])), parameters=(("margin", _amount(rng, 0.3, 2.0)),)),
        reduction=Reduction(batch=_batch(rng)),
        scale=_scale(rng, logarithmic=False),
    )
    return s, SIGNED if signed else BINARY


def overlap(rng):
    """Dice, IoU and Tversky, alone or beside a cross-entropy."""
    logits = rng.random() < 0.5
    family = str(rng.choice(["dice", "iou", "tversky"]))
    parameters = [("smooth", _amount(rng, 0.1, 2.0))]
    if family == "tversky":
        parameters += [("alpha", _amount(rng, 0.1, 0.9)), ("beta", _amount(rng, 0.1, 0.9))]
    if rng.random() < 0.4:
        parameters.append(("over", Sequence((Literal(1.0),))))
    activation = Activation(("sigmoid",) if logits else ())
    s = Semantics(activation=activation, term=Term(family, parameters=tuple(parameters)))
    if rng.random() < 0.4:
        from dataclasses import replace  # noqa: PLC0415

        ce = Semantics(activation=activation, term=Term(sides="two"))
        s = replace(ce, plus=(replace(s, scale=Scale(constant=_amount(rng, 0.2, 2.0))),))
    return s, BINARY if logits else BINARY_PROBABLE


def composed(seed: int) -> Composed:
    """The loss that belongs to a seed."""
    rng = np.random.default_rng(seed)
    make = (categorical, categorical, categorical, binary, binary, regression, margin, overlap)[seed % 8]
    while True:
        semantics, inputs = make(rng)
        loss = Composed(semantics, inputs)
        answer = loss.ask(inputs)
        if not isinstance(answer, Raised) and np.all(np.isfinite(answer.value)):
            return loss
