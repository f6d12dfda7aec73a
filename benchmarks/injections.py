"""The injection study: change one, two or three conventions of a loss, and ask for the causes.

Run `python -m benchmarks.injections [--count N] [--seed S] [--declared]`. Each injection takes a loss of the catalog,
changes one to three stages, lets both sides compute in the dtype, and compares the set of factors found with the set
injected. Side B is anonymous, unless `--declared`: its point is not handed over but identified by asking it. An
injection counts if each of its changes is visible: it moves the result by more than 16 times the bound in the dtype.
"""

from __future__ import annotations

import argparse
import math
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from benchmarks.points import MUTATIONS, Base, bases
from harness.errors import CaseError
from harness.explain.aligned import aligned
from harness.explain.batch_size import for_any_size
from harness.explain.identify import Answer, identify
from harness.explain.pair import Question, Standing, explain_pair
from harness.explain.standing import PLAIN, as_arrays, reference, working_dtype
from harness.findings import Comparison
from harness.records import Raised, Verdict
from harness.reference.arithmetic import Rounded, quantise
from harness.reference.evaluate import evaluate
from harness.semantics import Precision, Semantics

VISIBLE = 16.0
DTYPES = ("float64", "float32", "float16", "bfloat16")


def injected(base: Base, count: int, rng: np.random.Generator, dtype: str) -> tuple[Semantics, frozenset[str]] | None:
    """The base's point with `count` visible changes and their names; None if there is no such set."""
    order = [MUTATIONS[i] for i in rng.permutation(len(MUTATIONS))]
    point, names = base.semantics, []
    for name, change in order:
        changed = change(point, rng)
        if changed is not None and visible(point, changed, base, dtype):
            point, names = changed, [*names, name]
        if len(names) == count:
            return point, causes(base.semantics, point, frozenset(names))
    return None


def causes(before: Semantics, after: Semantics, names: frozenset[str]) -> frozenset[str]:
    """The changes as a person would count them: a sum over everything in place of a mean over everything is one."""
    reductions = {(s.reduction.classes, s.reduction.batch) for s in (before, after)}
    together = (
        reductions == {("mean", "mean"), ("sum", "sum")} and after.weight.klass is None and after.weight.sample is None
    )
    return names - {"reduction.classes"} if together else names


def visible(before: Semantics, after: Semantics, base: Base, dtype: str) -> bool:
    """Whether one change moves the value by more than 16 times the bound."""
    inputs = as_arrays(base.inputs, dtype)
    try:
        a, b = (evaluate(s, inputs, Rounded(dtype), dtype, None).value for s in aligned(before, after))
    except (CaseError, ValueError):
        return False
    if a.mid.shape != b.mid.shape:
        return False
    return bool(np.any(np.abs(a.mid - b.mid) > VISIBLE * (a.err + b.err)) and np.all(np.isfinite(b.mid)))


def side(name: str, point: Semantics, base: Base, dtype: str, *, known: Semantics | None) -> Standing:
    """What the point computes in the dtype, standing for the point that is known of it."""
    inputs = as_arrays(base.inputs, dtype)
    out = evaluate(point, inputs, PLAIN, dtype, "prediction")
    value, slope = (quantise(np.asarray(a), working_dtype(point, dtype)) for a in (out.value, out.gradient))
    return Standing(name, value, slope, known, None if known is None else reference(known, inputs, dtype, "prediction"))


def black_box(point: Semantics, dtype: str, wrt: str | None, inputs: Mapping[str, np.ndarray]) -> Answer | Raised:
    """The point as somebody's function."""
    try:
        out = evaluate(point, inputs, PLAIN, dtype, wrt)
    except (CaseError, ValueError, IndexError) as error:
        return Raised(type(error).__name__, str(error))
    return Answer(np.asarray(out.value), None if out.gradient is None else np.asarray(out.gradient))


def asked(base: Base, point: Semantics, dtype: str, *, anonymous: bool) -> tuple[Verdict, frozenset[str], int, bool]:
    """Verdict, factors, evaluations of B, and whether shares and residual sum to the gap."""
    known: Semantics | None = point
    calls = 0
    if anonymous:
        # Asked in float64, so that what is found is the formula; the dtype it is computed in is the side's own.
        ask = partial(black_box, replace(point, precision=Precision()), "float64")
        found = identify(partial(ask, None), base.inputs, dtype="float64", slope=partial(ask, "prediction"))
        # As for any function that is handed in: a sum over three samples is told from a constant by asking of six.
        found = for_any_size(found, partial(ask, None), as_arrays(base.inputs, "float64"), "float64")
        known = None if found.semantics is None else replace(found.semantics, precision=point.precision)
        calls = found.calls
    a = side("a", base.semantics, base, dtype, known=base.semantics)
    b = side("b", point, base, dtype, known=known)
    question = Question(as_arrays(base.inputs, dtype), dtype, "prediction")
    comparison = explain_pair(a, b, "value", question)
    names = frozenset(f.factor for f in comparison.explanation.factors)
    return comparison.verdict, names, calls, _sums(comparison)


def _sums(comparison: Comparison) -> bool:
    """Whether Σ shares + residual is the gap, to the last bit of the largest number added."""
    if comparison.divergence is None:
        return True
    shares = [f.share for f in comparison.explanation.factors]
    off = math.fsum([*shares, comparison.explanation.residual, -comparison.divergence.gap])
    return abs(off) <= np.spacing(max(map(abs, [*shares, comparison.divergence.gap])))


@dataclass
class Tally:
    """What was injected and what was found."""

    total: Counter[int] = field(default_factory=Counter)
    right: Counter[int] = field(default_factory=Counter)
    stages: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    missed: Counter[str] = field(default_factory=Counter)
    calls: list[int] = field(default_factory=list)
    sums: int = 0
    losses: set[str] = field(default_factory=set)

    def add(self, base: Base, causes_of: frozenset[str], found: tuple[Verdict, frozenset[str], int, bool]) -> None:
        """Count one injection."""
        verdict, got, calls, summed = found
        exact = verdict == Verdict.EXPLAINED and got == causes_of
        self.total[len(causes_of)] += 1
        self.right[len(causes_of)] += exact
        self.sums += summed
        self.calls.append(calls)
        self.losses.add(base.text)
        for name in causes_of:
            self.stages[name][0] += exact
            self.stages[name][1] += 1
        if not exact:
            names = ", ".join(sorted(causes_of)), ", ".join(sorted(got)) or "nothing"
            self.missed[f"{verdict}: {names[0]} taken for {names[1]} in {base.text}"] += 1

    def show(self, seconds: float) -> None:
        """Print accuracy per number of causes and per stage, evaluations and time."""
        n = sum(self.total.values())
        print(f"{n} injections into {len(self.losses)} losses, {seconds:.0f} s, {n / seconds:.0f} a second")
        print(f"evaluations of B: {np.mean(self.calls):.0f} on average")
        print("causes   exact sets")
        for k in sorted(self.total):
            print(f"{k:>6}   {self.right[k]} of {self.total[k]}  {100 * self.right[k] / self.total[k]:.2f} %")
        print(f"shares + residual = gap in {self.sums} of {n}")
        print("stage                     exact sets")
        for name in sorted(self.stages):
            print(f"{name:<25} {self.stages[name][0]} of {self.stages[name][1]}")
        for words, times in self.missed.most_common(12):
            print(f"missed {times} ×: {words}")


def study(count: int, seed: int, *, anonymous: bool) -> None:
    """Inject, ask, and print what was found."""
    rng = np.random.default_rng(seed)
    tally, started = Tally(), time.perf_counter()
    while sum(tally.total.values()) < count:
        dtype = DTYPES[int(rng.integers(len(DTYPES)))]
        for base in bases(rng, dtype):
            drawn = injected(base, int(rng.integers(1, 4)), rng, dtype)
            if drawn is not None:
                tally.add(base, drawn[1], asked(base, drawn[0], dtype, anonymous=anonymous))
    tally.show(time.perf_counter() - started)


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--declared", action="store_true", help="hand over both points instead of identifying B")
    options = parser.parse_args()
    study(options.count, options.seed, anonymous=not options.declared)


if __name__ == "__main__":
    main()
