"""`tf.nn.compute_average_loss`: the sum of another loss over the batch, divided by the number of samples everywhere."""

from dataclasses import replace

from harness.catalog.api import Api, Arguments
from harness.semantics import Layout, Precision, Reduction, Scale, Semantics, Target, Term
from harness.syntax import Literal


def _average(a: Arguments) -> Semantics | None:
    inner = _per_example(a)
    if inner is None or inner.reduction.batch != "none" or inner.weight.sample is not None:
        return None
    weight = a.optional("sample_weight")
    # Weights are multiplied in float32.
    narrow = "float32" if weight is not None and a.dtype == "float64" else None
    size = a.optional("global_batch_size")
    if size is not None and not isinstance(size, float):
        return None
    batch = "mean" if size is None else "sum"
    share = 1.0 if size is None else 0.0 if size == 0.0 else 1.0 / size
    if share != 1.0 and inner.scale != Scale():
        return None
    return replace(
        inner,
        weight=replace(inner.weight, sample=weight),
        reduction=replace(inner.reduction, batch=batch, denominator="samples", zero="zero"),
        scale=inner.scale if share == 1.0 else Scale(constant=share),
        precision=inner.precision if narrow is None else Precision(inner.precision.input, narrow),
    )


def _per_example(a: Arguments) -> Semantics | None:
    """The loss that is averaged: a call of the catalog, or an array of losses as it stands."""
    node = a.node("per_example_loss")
    called = a.inner(node)
    if called is not None:
        return called[0]
    return Semantics(
        layout=Layout(node),
        target=Target(Literal(0.0)),
        term=Term("prediction"),
        reduction=Reduction(batch="none"),
    )


APIS = (
    Api("tensorflow.nn.compute_average_loss", "tensorflow", ("per_example_loss", "sample_weight", "global_batch_size"),
        {"prediction": "per_example_loss", "sample_weight": "sample_weight"}, _average, family="reduction"),
)  # fmt: skip
