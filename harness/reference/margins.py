"""Terms of a margin: hinges over elements and over classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.reference.extremes import peak
from harness.reference.setting import Family, Setting, sign_of

if TYPE_CHECKING:
    from harness.reference.tape import Tensor


def _hinge_embedding(s: Setting) -> Tensor:
    """x where t is 1, max(0, m − x) where t is 0; elsewhere both if the parameter "both" is set, and 0 if not."""
    near = s.reading.p()
    far = (s.parameter("margin", 1.0) - near).relu(s.ties["relu"])
    both = bool(s.number("both", 1.0))
    attracts, repels = (s.t.mid != 0, s.t.mid != 1) if both else (s.t.mid == 1, s.t.mid == 0)
    return near.where(attracts, 0.0) + far.where(repels, 0.0)


def _hinge(s: Setting) -> Tensor:
    margin = s.parameter("margin", 1.0) - sign_of(s) * s.reading.p()
    return margin.relu(s.ties["relu"])


def _squared_hinge(s: Setting) -> Tensor:
    hinge = _hinge(s)
    return hinge * hinge


def _class_score(s: Setting) -> Tensor:
    return (s.t * s.reading.p()).sum(-1, keepdims=True)


def _categorical_hinge(s: Setting) -> Tensor:
    wrong = peak((1.0 - s.t) * s.reading.p())
    return (wrong - _drop(_class_score(s)) + 1.0).relu(s.ties["relu"])


def _crammer_singer(s: Setting) -> Tensor:
    margin = s.parameter("margin", 1.0)
    return peak(s.reading.p() + (1.0 - s.t) * margin) - _drop(_class_score(s))


def _multi_margin(s: Setting) -> Tensor:
    gap = (s.parameter("margin", 1.0) - _class_score(s) + s.reading.p()).relu(s.ties["relu"])
    power = s.number("power", 1.0)
    return ((gap * gap) if power == 2.0 else gap).where(s.t.mid == 0, 0.0)  # noqa: PLR2004  torch allows p = 1 or 2


def _multilabel_margin(s: Setting) -> Tensor:
    """For every class that is no label, the sum over the labels y; a label listed twice counts twice."""
    x, t = s.reading.p(), s.t
    rows, columns = (*x.shape, 1), (*x.shape[:-1], 1, x.shape[-1])
    gap = (s.parameter("margin", 1.0) - x.reshape(rows) + x.reshape(columns)).relu(s.ties["relu"])
    return (gap * t.reshape(rows)).sum(-2).where(t.mid == 0, 0.0)


def _drop(x: Tensor) -> Tensor:
    return x.reshape(x.shape[:-1])


MARGINS: dict[str, Family] = {
    "hinge-embedding": Family(_hinge_embedding, r"[t=1]\,p+[t=0]\max(0,m-p)"),
    "hinge": Family(_hinge, r"\max(0,m-sp)"),
    "squared-hinge": Family(_squared_hinge, r"\max(0,m-sp)^2"),
    "multi-margin": Family(_multi_margin, r"\max(0,m-p_y+p_c)"),
    "multilabel-margin": Family(_multilabel_margin, r"\sum_y\max(0,m-p_y+p_c)"),
    "categorical-hinge": Family(_categorical_hinge, r"\max(0,1-p_y+\max_c(1-t_c)p_c)", "coupled"),
    "crammer-singer": Family(_crammer_singer, r"\max_c(p_c+[c\ne y])-p_y", "coupled"),
}
