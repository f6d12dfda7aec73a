"""Every family of terms written out: one function per family, the counterpart of the table in `reference/terms.py`."""

from __future__ import annotations

import math
from collections.abc import Callable

from harness.explain.translate.dialects import Inexpressible
from harness.explain.translate.reading import Read
from harness.explain.translate.sketch import Operand, Sketch
from harness.syntax import Literal, Sequence

Write = Callable[[Read], Sketch]


def _parameter(r: Read, name: str, default: float) -> Sketch:
    return r.value(dict(r.s.term.parameters).get(name, default))


def _number(r: Read, name: str, default: float) -> float:
    value = dict(r.s.term.parameters).get(name, default)
    if not isinstance(value, int | float):
        raise Inexpressible(f"the parameter {name!r} is an expression")
    return float(value)


def cross_entropy(r: Read) -> Sketch:
    """−t log p, and −(1 − t) log(1 − p) where both outcomes count."""
    if r.s.term.direction == "reverse":
        return -(r.p * _log_target(r))
    if r.s.term.sides == "one":
        return _cross(r)
    positive = r.s.weight.positive
    first, second = r.t * r.log_p, (1 - r.t) * r.log_q
    if _number(r, "zero_target", 0.0):
        first, second = _picked(r, r.t, r.log_p, first), _picked(r, 1 - r.t, r.log_q, second)
    return -((first if positive is None else r.value(positive) * first) + second)


def _cross(r: Read) -> Sketch:
    loss = -(r.t * r.log_p)
    return _picked(r, r.t, r.log_p, loss) if _number(r, "zero_target", 0.0) else loss


def _picked(r: Read, weight: Sketch, log: Sketch, product: Sketch) -> Sketch:
    """The product of a weight and a logarithm, and 0 where the weight is 0."""
    return r.d.call("where", weight.compared("==", 0), r.d.call("zeros_like", log), product)


def _log_target(r: Read) -> Sketch:
    if r.s.target.encoding == "log" and r.s.target.smoothing is None:
        return r.raw
    floor = dict(r.s.term.parameters).get("log_zero")
    logarithm = r.d.call("log", r.t)
    if floor is None:
        return logarithm
    zero = r.t.compared("==", 0)
    safe = r.d.call("log", r.d.call("where", zero, r.d.call("ones_like", r.t), r.t))
    return r.d.call("where", zero, r.d.call("ones_like", r.t) * r.value(floor), safe)


def kl(r: Read) -> Sketch:
    """t(log t − log p), with 0 log 0 = 0."""
    if r.s.term.direction == "reverse":
        return r.p * (r.log_p - _log_target(r))
    if r.s.target.encoding == "log":
        return r.t * (r.raw - r.log_p)
    both = r.d.xlogy(r.t) + _cross(r)
    return both if r.s.term.sides == "one" else both + r.d.xlogy(1 - r.t) - (1 - r.t) * r.log_q


def entropy(r: Read) -> Sketch:
    """−p log p."""
    if r.s.term.direction == "reverse":
        return -r.d.xlogy(r.t)
    return -(r.p * r.log_p) if r.last else -r.d.xlogy(r.p)


def huber(r: Read) -> Sketch:
    """½e² inside δ, δ(|e| − ½δ) outside."""
    delta, size = _parameter(r, "delta", 1.0), r.d.call("abs", r.error)
    return r.d.call("where", size.compared("<=", delta), r.error**2 * 0.5, delta * (size - delta * 0.5))


def smooth_l1(r: Read) -> Sketch:
    """The same divided by β."""
    beta, size = _parameter(r, "beta", 1.0), r.d.call("abs", r.error)
    if beta.node in (Literal(0), Literal(0.0)):
        return size
    return r.d.call("where", size.compared("<", beta), r.error**2 * 0.5 / beta, size - beta * 0.5)


def log_cosh(r: Read) -> Sketch:
    """e + log(1 + e^−2e) − log 2."""
    return r.error + r.d.log_softplus(r.error * -2) - _number(r, "log_two", math.log(2.0))


def quantile(r: Read) -> Sketch:
    """max(q(t − p), (q − 1)(t − p))."""
    q = _parameter(r, "quantile", 0.5)
    error = r.t - r.p
    return r.d.call("maximum", error * q, error * (q - 1))


def squared_log(r: Read) -> Sketch:
    """(log(1 + p) − log(1 + t))²."""
    floor, inside = dict(r.s.term.parameters).get("floor"), _number(r, "inside", 1.0)
    arrays = (a if floor is None else r.d.at_least(a, r.value(floor)) for a in (r.p, r.t))
    p, t = (r.d.call("log1p", a) if inside == 1.0 else r.d.call("log", a + inside if inside else a) for a in arrays)
    return (p - t) ** 2


def absolute_percentage(r: Read) -> Sketch:
    """|p − t| / |t|."""
    added = dict(r.s.term.parameters).get("added")
    return _part(r, r.d.call("abs", r.t if added is None else r.t + r.value(added)))


def symmetric_percentage(r: Read) -> Sketch:
    """|p − t| / (|p| + |t|)."""
    return _part(r, r.d.call("abs", r.p) + r.d.call("abs", r.t))


def _part(r: Read, size: Sketch) -> Sketch:
    """|p − t| as a part of a size that is kept from 0."""
    given = dict(r.s.term.parameters)
    size = size + r.value(given["epsilon"]) if "epsilon" in given else size
    return r.d.call("abs", r.p - r.t) / (r.d.at_least(size, r.value(given["floor"])) if "floor" in given else size)


def poisson(r: Read) -> Sketch:
    """p − t log p, and Stirling's formula for log t! where it is asked for."""
    loss = r.p - r.t * r.log_p
    if not _number(r, "full", 0.0):
        return loss
    large = r.t.compared(">", 1)
    safe = r.d.call("where", large, r.t, r.d.call("ones_like", r.t))
    stirling = r.d.call("log", safe) * safe - safe + r.d.call("log", safe * (2.0 * math.pi)) * 0.5
    return loss + r.d.call("where", large, stirling, r.d.call("zeros_like", r.t))


def gaussian_nll(r: Read) -> Sketch:
    """½(log v + e²/v)."""
    variance, floor = _parameter(r, "variance", 1.0), _parameter(r, "floor", 0.0)
    v = variance if floor.node == Literal(0.0) else r.d.at_least(variance, floor)
    constant = math.log(2.0 * math.pi) if _number(r, "full", 0.0) else 0.0
    return (r.d.call("log", v) + r.error**2 / v + constant) * 0.5


def logistic(r: Read) -> Sketch:
    """log(1 + e^−sx)."""
    z = -(r.sign * r.before)
    naive = r.s.evaluation.form != "stable"
    return r.d.call("log1p", r.d.call("exp", z)) if naive else r.d.log_softplus(z)


def hinge_embedding(r: Read) -> Sketch:
    """p where t is 1, max(0, m − p) where t is 0."""
    far, zero = _relu(r, _parameter(r, "margin", 1.0) - r.p), r.d.call("zeros_like", r.p)
    both = bool(_number(r, "both", 1.0))
    attracts, repels = (
        (r.t.compared("!=", 0), r.t.compared("!=", 1)) if both else (r.t.compared("==", 1), r.t.compared("==", 0))
    )
    return r.d.call("where", attracts, r.p, zero) + r.d.call("where", repels, far, zero)


def hinge(r: Read) -> Sketch:
    """max(0, m − sp)."""
    return _relu(r, _parameter(r, "margin", 1.0) - r.sign * r.p)


def _relu(r: Read, x: Sketch) -> Sketch:
    return r.d.at_least(x, 0) if r.d.name in ("numpy", "sklearn", "onnx") else r.d.call("relu", x)


def _largest(r: Read, x: Sketch) -> Sketch:
    return r.d.reduced("max", x, -1) if r.d.name != "torch" else r.d.call("max", x, -1)


def _class_score(r: Read, *, keep: bool = False) -> Sketch:
    if r.indexed and not keep and r.s.target.smoothing is None:
        return r.d.picked(r.p, r.index)
    return r.d.reduced("sum", r.t * r.p, -1, keep=keep)


def categorical_hinge(r: Read) -> Sketch:
    """max(0, 1 − p_y + max over the others)."""
    return _relu(r, _largest(r, (1 - r.t) * r.p) - _class_score(r) + 1)


def crammer_singer(r: Read) -> Sketch:
    """max over the classes of p_c + m[c ≠ y], minus p_y."""
    return _largest(r, r.p + (1 - r.t) * _parameter(r, "margin", 1.0)) - _class_score(r)


def multi_margin(r: Read) -> Sketch:
    """max(0, m − p_y + p_c)^power for every wrong class."""
    gap = _relu(r, _parameter(r, "margin", 1.0) - _class_score(r, keep=True) + r.p)
    return r.d.call("where", r.t.compared("==", 0), gap ** _number(r, "power", 1.0), r.d.call("zeros_like", r.p))


def generalised_cross_entropy(r: Read) -> Sketch:
    """(1 − p_y^q)/q."""
    q = _parameter(r, "q", 0.5)
    return (1 - _class_score(r) ** q) / q


def cosine(r: Read) -> Sketch:
    """Minus the cosine of the angle, or 1 minus it."""
    floor, on_square = _number(r, "floor", 0.0), bool(_number(r, "floor_on_square", 0.0))

    def norm(x: Sketch) -> Sketch:
        square = r.d.reduced("sum", x**2, -1)
        if on_square:
            return r.d.call("sqrt", r.d.at_least(square, floor))
        return r.d.at_least(r.d.call("sqrt", square), floor) if floor else r.d.call("sqrt", square)

    product = r.d.reduced("sum", r.p * r.t, -1)
    if _number(r, "unit", 0.0):
        return 1 - product
    angle = product / (norm(r.p) * norm(r.t))
    return 1 - angle if _number(r, "distance", 0.0) else -angle


def _over(r: Read) -> tuple[int, ...] | None:
    over = dict(r.s.term.parameters).get("over")
    if not isinstance(over, Sequence):
        return None
    return tuple(int(item.value) for item in over.items if isinstance(item, Literal) and item.value is not None)


def _ratio(r: Read, upper: Sketch, lower: Operand) -> Sketch:
    smooth, epsilon = _parameter(r, "smooth", 0.0), _parameter(r, "epsilon", 0.0)
    assert isinstance(lower, Sketch)
    return 1 - (upper + smooth) / (lower + smooth + epsilon)


def _total(r: Read, x: Sketch) -> Sketch:
    axes = _over(r)
    return x if axes == () else r.d.reduced("sum", x, axes)


def dice(r: Read) -> Sketch:
    """1 − 2Σpt / (Σp + Σt)."""
    squared = bool(_number(r, "squared", 0.0))
    sizes = [_total(r, x**2 if squared else x) for x in (r.p, r.t)]
    return _ratio(r, _total(r, r.p * r.t) * 2, sizes[0] + sizes[1])


def iou(r: Read) -> Sketch:
    """1 − Σpt / (Σp + Σt − Σpt)."""
    both = _total(r, r.p * r.t)
    return _ratio(r, both, _total(r, r.p) + _total(r, r.t) - both)


def tversky(r: Read) -> Sketch:
    """1 − Σpt / (Σpt + αΣ(1 − p)t + βΣp(1 − t))."""
    both, alpha, beta = _total(r, r.p * r.t), _parameter(r, "alpha", 0.5), _parameter(r, "beta", 0.5)
    lower = both + alpha * _total(r, (1 - r.p) * r.t) + beta * _total(r, r.p * (1 - r.t))
    return _ratio(r, both, lower)


TERMS: dict[str, Write] = {
    "cross-entropy": cross_entropy,
    "kl": kl,
    "generalised-kl": lambda r: kl(r) + r.p - r.t,
    "entropy": entropy,
    "squared": lambda r: r.error**2,
    "absolute": lambda r: r.d.call("abs", r.error),
    "huber": huber,
    "smooth-l1": smooth_l1,
    "log-cosh": log_cosh,
    "quantile": quantile,
    "squared-log": squared_log,
    "absolute-percentage": absolute_percentage,
    "symmetric-percentage": symmetric_percentage,
    "poisson": poisson,
    "gaussian-nll": gaussian_nll,
    "logistic": logistic,
    "hinge-embedding": hinge_embedding,
    "hinge": hinge,
    "squared-hinge": lambda r: hinge(r) ** 2,
    "categorical-hinge": categorical_hinge,
    "crammer-singer": crammer_singer,
    "multi-margin": multi_margin,
    "generalised-cross-entropy": generalised_cross_entropy,
    "cosine": cosine,
    "dice": dice,
    "iou": iou,
    "tversky": tversky,
    "prediction": lambda r: r.p,
}
