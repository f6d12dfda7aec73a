"""How fast the harness computes, in one process on one core, beside what does the same or less.

Run `python -m benchmarks.speed [--seconds S] [--cases N]`. Rates are per second of CPU time of that process, so that
other load on the machine does not count. No framework is asked: observations are the reference's own numbers, rounded
to float32.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import flint
import mpmath
import numpy as np
import torch

from harness.cases import load_cases
from harness.explain.points import facts_for, point_of
from harness.explain.standing import PLAIN, as_arrays
from harness.judge import judge_case
from harness.records import Case, Computed, Expression, Key, Run
from harness.reference.arithmetic import Certified, quantise
from harness.reference.evaluate import evaluate
from harness.report.publish import publish
from harness.semantics import Activation, Layout, Reduction, Semantics, Target, Term

ELEMENTS = 2000
CLASSES = 10
BCE = Semantics(activation=Activation(("sigmoid",)), term=Term(sides="two"))
CE = Semantics(
    Layout(class_axis=1),
    Target(encoding="index"),
    Activation(("softmax",)),
    term=Term(),
    reduction=Reduction("sum", "mean"),
)

CASE = """\
id: {kind}-{number}
title: {kind} {number}
inputs:
  prediction: {prediction}
  target: {target}
sides:
  a: torch.nn.CrossEntropyLoss()(prediction, target)
  b: {other}
expect:
  - {{between: [a, b], verdict: {kind}}}
"""
OTHERS = {
    "equal": "torch.nn.functional.nll_loss(torch.log_softmax(prediction, 1), target)",
    "explained": "torch.nn.CrossEntropyLoss(reduction='sum')(prediction, target)",
}


def rate(work: Callable[[], object], amount: float, seconds: float) -> float:
    """`amount` per second of CPU time, the best of the calls that fit in `seconds`."""
    work()
    best, until = float("inf"), time.process_time() + seconds
    while time.process_time() < until:
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return amount / best


def certified(seconds: float) -> list[tuple[str, float, float]]:
    """Certified scalar terms a second: ours, ours with its gradient, mpmath's and flint's written out."""
    rng = np.random.default_rng(0)
    x, t = rng.normal(0, 2, ELEMENTS), rng.integers(0, 2, ELEMENTS).astype(float)
    rows, labels = x.reshape(-1, CLASSES), rng.integers(0, CLASSES, ELEMENTS // CLASSES)
    table = []
    for name, point, inputs, loops in (
        ("BCE", BCE, {"prediction": x, "target": t}, (_bce_mpmath, _bce_flint)),
        ("CE of 10 classes", CE, {"prediction": rows, "target": labels}, (_ce_mpmath, _ce_flint)),
    ):
        value, both = (
            rate(partial(evaluate, point, inputs, Certified(), "float64", wrt), ELEMENTS, seconds)
            for wrt in (None, "prediction")
        )
        written = [rate(partial(f, *inputs.values()), ELEMENTS, seconds) for f in loops]
        table += [
            (f"{name}: certified terms", value, 1.0),
            (f"{name}: certified terms with their gradient", both, both / value),
            (f"{name}: mpmath, 128 bits, value alone, no certificate", written[0], written[0] / value),
            (f"{name}: flint written out by hand, value alone", written[1], written[1] / value),
        ]
    return table


def _bce_mpmath(x: np.ndarray, t: np.ndarray) -> object:
    with mpmath.workprec(128):
        return mpmath.fsum(
            max(a, 0) - a * b + mpmath.log1p(mpmath.exp(-abs(a))) for a, b in zip(map(mpmath.mpf, x), t, strict=True)
        )


def _bce_flint(x: np.ndarray, t: np.ndarray) -> object:
    total = flint.arb(0)
    for a, b in zip(map(flint.arb, x.tolist()), map(flint.arb, t.tolist()), strict=True):
        total += max(a, 0) - a * b + (-abs(a)).exp().log1p()
    return total / len(x)


def _ce_mpmath(rows: np.ndarray, labels: np.ndarray) -> object:
    with mpmath.workprec(128):
        return sum(
            mpmath.log(mpmath.fsum(map(mpmath.exp, map(mpmath.mpf, row)))) - row[y]
            for row, y in zip(rows.tolist(), labels.tolist(), strict=True)
        )


def _ce_flint(rows: np.ndarray, labels: np.ndarray) -> object:
    total = flint.arb(0)
    for row, y in zip(rows.tolist(), labels.tolist(), strict=True):
        logits = list(map(flint.arb, row))
        total += sum((a.exp() for a in logits), flint.arb(0)).log() - logits[y]
    return total


def written_cases(kind: str, count: int, folder: Path) -> Path:
    """A folder of `count` cases of three samples and four classes."""
    rng = np.random.default_rng(1)
    found = folder / f"{kind}-{count}"
    found.mkdir()
    for i in range(count):
        prediction, target = rng.normal(0, 2, (3, 4)).round(3).tolist(), rng.integers(0, 4, 3).tolist()
        text = CASE.format(kind=kind, number=i, prediction=prediction, target=target, other=OTHERS[kind])
        (found / f"{i}.yaml").write_text(text, encoding="utf-8")
    return found


def observed(case: Case) -> dict[Key, Computed]:
    """What every side returns, if it is what it is said to be."""
    found = {}
    dtype = case.dtypes[0]
    inputs = as_arrays(case.inputs, dtype)
    for name, side in case.sides.items():
        assert isinstance(side, Expression)
        point = point_of(side.tree, facts_for(case.inputs, dtype, "prediction"))
        assert point is not None
        out = evaluate(point, inputs, PLAIN, dtype, case.gradient)
        value, gradient = (quantise(a, dtype) for a in (out.value, out.gradient))
        found[Key(case.id, name, dtype)] = Computed(value, gradient, dtype)
    return found


def judged(kind: str, folder: Path, seconds: float) -> list[tuple[str, float, float]]:
    """Comparisons judged a second, value and gradient each being one, with the kill test and without."""
    cases, broken = load_cases([written_cases(kind, 20, folder)])
    assert not broken
    seen = {case.id: observed(case) for case in cases}
    plain = [replace(case, expect=()) for case in cases]
    results = [judge_case(case, seen[case.id]) for case in cases]
    assert all(finding.status == "pass" for finding in results), [f.messages for f in results]
    count = sum(len(finding.comparisons) for finding in results)
    alone = rate(lambda: [judge_case(case, seen[case.id]) for case in plain], count, seconds)
    killed = rate(lambda: [judge_case(case, seen[case.id]) for case in cases], count, seconds)
    return [(f"{kind}: comparisons judged", alone, 1.0), (f"{kind}: and put to the kill test", killed, killed / alone)]


def asserted(seconds: float) -> list[tuple[str, float]]:
    """What a comparison under a tolerance takes, on the same arrays; it explains nothing."""
    a = np.random.default_rng(2).normal(0, 2, (3, 4)).astype(np.float32)
    t = torch.from_numpy(a)
    return [
        ("numpy.testing.assert_allclose", rate(lambda: np.testing.assert_allclose(a, a.copy()), 1, seconds)),
        ("torch.testing.assert_close", rate(lambda: torch.testing.assert_close(t, t.clone()), 1, seconds)),
    ]


def files(count: int, folder: Path) -> list[tuple[str, float]]:
    """Seconds of CPU time to load `count` cases, and to write the report of as many that agree."""
    path = written_cases("equal", count, folder)
    started = time.process_time()
    cases, broken = load_cases([path])
    loaded = time.process_time() - started
    assert not broken
    small = cases[: min(count, 200)]
    seen = {key: answer for case in small for key, answer in observed(case).items()}
    judgements = [judge_case(case, {k: v for k, v in seen.items() if k.case == case.id}) for case in small]
    findings = [
        replace(judgements[i % len(small)], case=replace(case, expect=judgements[i % len(small)].case.expect))
        for i, case in enumerate(cases)
    ]
    run = Run(cases, (), {}, {"torch": torch.__version__})
    started = time.process_time()
    publish(run, findings, folder / "report")
    return [
        (f"{count} cases loaded and validated, s", loaded),
        ("their report written, s", time.process_time() - started),
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0, help="CPU time for each figure")
    parser.add_argument("--cases", type=int, default=10_000, help="cases to load and report")
    options = parser.parse_args()
    print(f"{'per second of CPU time, one core':<58}{'rate':>12}{'ratio':>8}")
    with tempfile.TemporaryDirectory() as name:
        rows = certified(options.seconds)
        for kind in OTHERS:
            ours = judged(kind, Path(name), options.seconds)
            rows += ours + [(f"  {peer}", r, r / ours[0][1]) for peer, r in asserted(options.seconds)]
        for what, per_second, ratio in rows:
            print(f"{what:<58}{per_second:>12,.0f}{ratio:>8.2f}")
        for what, seconds in files(options.cases, Path(name)):
            print(f"{what:<58}{seconds:>12.2f}")


if __name__ == "__main__":
    main()
