"""The identification study: is what a loss computes found out by asking it, and is what lies outside refused?

Run `python -m benchmarks.identification [--seeds N] [--compositions N] [--only PART]`. Three parts:

* every call of the catalog, with random parameters, handed in as an anonymous function of arrays in float64;
* losses composed of stages at random, none of them in the catalog;
* losses outside the space, which are to be refused.

A loss counts as identified if the point found returns what the loss returns on fresh random inputs, value and gradient,
up to rounding and an error of 1e-6 in numbers that were measured. Seconds are those of the identification
alone, with the framework loaded.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from itertools import product
from pathlib import Path

import numpy as np

from harness.adapters.base import Request
from harness.adapters.evaluate import observe
from harness.boxes import WIDEST, Box, identified
from harness.catalog import APIS, index_inputs
from harness.catalog.api import Api
from harness.compare import difference, within
from harness.errors import CaseError
from harness.explain.identify import Answer, Identification, identify
from harness.explain.identify.outcome import agrees
from harness.explain.identify.tuning import Tuned, long_numbers, number_at
from harness.explain.parting import variations
from harness.explain.standing import as_arrays
from harness.explain.translate import call_of, suitable
from harness.explain.translate.kinds import trials
from harness.explain.translate.specimens import CLASSES, SAMPLES
from harness.records import Computed, Expression, InputArray, Observation, Raised
from harness.reference.arithmetic import Rounded
from harness.reference.evaluate import evaluate
from harness.semantics import Semantics

sys.path.append(str(Path(__file__).parent.parent / "tests"))

MOST_CALLS, MOST_SECONDS = 200, 2.0
FRESH = 4
DIGITS = 1e-6  # Relative error that a measured number may have.
# Random values of the parameters that are numbers, by name; what is not here stays at its default.
NUMBERS: Mapping[str, tuple[float, float]] = {
    "alpha": (0.1, 0.9),
    "beta": (0.3, 2.0),
    "delta": (0.3, 2.0),
    "eps": (1e-8, 1e-5),
    "epsilon": (1e-8, 1e-5),
    "gamma": (0.5, 4.0),
    "l1": (0.01, 0.1),
    "l2": (0.01, 0.1),
    "label_smoothing": (0.02, 0.4),
    "margin": (0.2, 1.5),
    "pos_weight": (0.3, 5.0),
    "q": (0.2, 0.9),
    "smooth": (0.2, 2.0),
}
FLAGS = frozenset({"from_logits", "log_input", "log_target", "full", "apply_class_balancing"})
# For what takes one number of each sample, and no table.
_RNG = np.random.default_rng(7)
LINE = {name: InputArray(_RNG.normal(size=SAMPLES)) for name in ("prediction", "target")}
REDUCTIONS = ("none", "sum", "mean")
# Parameters of which one excludes another, or that mean something else there.
LEFT = {
    "keras.losses.categorical_generalized_cross_entropy": {"q"},
    "torch.nn.functional.margin_ranking_loss": {"margin"},
}


def calls(api: Api, rng: np.random.Generator) -> Iterator[str]:
    """The call with random parameters, and with fewer of them while it cannot be read so."""
    options = {}
    for name in (*api.parameters, *api.call):
        if name == "labels":
            # scikit-learn takes the classes to be those present, unless it is told of them.
            options[name] = repr(list(range(CLASSES)))
        if name in LEFT.get(api.path, ()) or name not in api.defaults:
            continue
        if name in NUMBERS and isinstance(api.defaults[name], int | float):
            options[name] = f"{rng.uniform(*NUMBERS[name]):.6g}"
        elif name in FLAGS:
            options[name] = str(bool(rng.random() < 0.5))  # noqa: PLR2004  a coin
        elif name == "reduction" and api.framework == "torch":
            options[name] = repr(str(rng.choice(REDUCTIONS)))
        elif name == "reduction" and api.framework == "keras":
            options[name] = repr(str(rng.choice(("sum_over_batch_size", "sum", "none"))))
    names = list(options)
    for kept in range(len(names), -1, -1):
        yield with_options(call_of(api), api, {name: options[name] for name in names[:kept]})


def with_options(text: str, api: Api, options: Mapping[str, str]) -> str:
    """The call of the catalog's table with further arguments, in the constructor or in the call."""
    made = ", ".join(f"{name}={value}" for name, value in options.items() if name in api.parameters)
    called = ", ".join(f"{name}={value}" for name, value in options.items() if name in api.call)
    head, _, tail = text.partition("(")
    if api.call:
        inside, _, rest = tail.partition(")")
        text = f"{head}({', '.join(filter(None, (inside, made)))}){rest}"
        return text[:-1] + (f", {called})" if called else ")")
    return text[:-1] + (f", {made})" if made else ")")


@dataclass(frozen=True, slots=True)
class Live:
    """A side asked in this process, as a function of arrays that nobody can look into."""

    adapter: object

    def probe(
        self, side: Expression, inputs: Mapping[str, InputArray], dtype: str, gradient: str | None
    ) -> Observation:
        """One call."""
        given = index_inputs(side.tree, inputs)
        return observe(self.adapter, Request(side.tree, inputs, dtype, gradient=gradient, index_inputs=given))  # type: ignore[arg-type]


@dataclass
class Tally:
    """What came out, by what it was."""

    outcomes: Counter[str] = field(default_factory=Counter)
    made: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def add(self, what: str, outcome: str, found: Identification, seconds: float) -> None:
        """Count one, and say so if it is no plain success."""
        self.outcomes[outcome] += 1
        self.made.append(found.calls)
        self.seconds.append(seconds)
        over = found.calls > MOST_CALLS or seconds > MOST_SECONDS
        if outcome not in ("identified", "refused") or over:
            why = " ".join(filter(None, (found.left_at, found.word)))
            print(f"  {outcome}: {what} ({found.calls} calls, {seconds:.2f} s) {why}", flush=True)

    def line(self) -> str:
        """The figures in one line."""
        total = self.outcomes.total() or 1
        within_calls = sum(n <= MOST_CALLS for n in self.made) / total
        within_time = sum(s <= MOST_SECONDS for s in self.seconds) / total
        outcomes = ", ".join(f"{n} {name}" for name, n in self.outcomes.most_common())
        return (
            f"{total}: {outcomes}; calls median {np.median(self.made or [0]):.0f}, worst {max(self.made, default=0)},"
            f" {within_calls:.0%} within {MOST_CALLS}; seconds median {np.median(self.seconds or [0]):.2f},"
            f" worst {max(self.seconds, default=0):.2f}, {within_time:.0%} within {MOST_SECONDS:g}"
        )


def audited(frameworks: tuple[str, ...], seeds: int) -> Tally:
    """Every call of the catalog as an anonymous function."""
    tally = Tally()
    for framework in frameworks:
        adapter = import_module(f"harness.adapters.{framework}").adapter
        live = Live(adapter)
        for api in (a for a in APIS.values() if a.framework == framework):
            for seed in range(seeds):
                _audit_one(api, live, seed, tally)
    return tally


def _audit_one(api: Api, live: Live, seed: int, tally: Tally) -> None:
    texts = calls(api, np.random.default_rng([seed, len(api.path)]))
    for text, given in product(texts, ({}, LINE)):
        try:
            tree, inputs = suitable(text, given)
        except CaseError:
            continue
        side = Expression(text, tree, api.framework)
        if isinstance(live.probe(side, inputs, WIDEST[1], None), Computed):
            break
    else:
        tally.outcomes["not asked"] += 1
        print(f"  not asked: {call_of(api)}", flush=True)
        return
    box = Box(side, live.probe)
    start = time.perf_counter()
    found, asked = identified(box, inputs, None)
    seconds = time.perf_counter() - start
    tally.add(text, _outcome(box, found, inputs, asked), found, seconds)


def _outcome(box: Box, found: Identification, inputs: Mapping[str, InputArray], dtype: str) -> str:
    if found.semantics is None:
        return "not identified"
    ask = box.ask(dtype, "prediction", inputs)
    for trial in trials(inputs, ("prediction", "target")):
        arrays = as_arrays(trial.inputs, dtype)
        answer = Raised("", "") if trial.edge else ask(arrays)
        if isinstance(answer, Answer) and agrees(_to_digits(found.semantics), arrays, answer, dtype, "prediction"):
            return "wrong"
    return "identified"


def _to_digits(point: Semantics) -> Tuned:
    """The point, its measured numbers known to DIGITS."""
    paths = tuple(long_numbers(point))
    return Tuned(point, paths, tuple(DIGITS * abs(number_at(point, path)) for path in paths))


def compositions(count: int) -> Tally:
    """Losses composed of stages at random."""
    from compositions import composed  # noqa: PLC0415  the tests' own, on the path by now

    tally = Tally()
    for seed in range(count):
        loss = composed(seed)
        start = time.perf_counter()
        found = identify(loss.ask, loss.specimen)
        seconds = time.perf_counter() - start
        outcome = "identified" if found.semantics is not None else "not identified"
        for tried, _ in zip(variations(loss.inputs), range(FRESH), strict=False):
            if found.semantics is not None:
                points = (loss.semantics, found.semantics)
                a, b = (evaluate(s, tried, Rounded("float64"), "float64", None).value for s in points)
                if not within(difference(a.mid, b.mid), a.err + b.err):
                    outcome = "wrong"
        tally.add(f"composition {seed}", outcome, found, seconds)
    return tally


def outsiders() -> Tally:
    """Losses outside the space."""
    from black_boxes import OUTSIDE, specimen  # noqa: PLC0415

    tally = Tally()
    for name, (loss, inputs) in OUTSIDE.items():

        def ask(arrays: Mapping[str, np.ndarray], loss: Callable[..., object] = loss) -> Answer | Raised:
            with np.errstate(all="ignore"):
                return Answer(np.asarray(loss(*arrays.values()), np.float64))

        start = time.perf_counter()
        found = identify(ask, specimen(inputs))
        seconds = time.perf_counter() - start
        tally.add(name, "refused" if found.semantics is None else "wrong", found, seconds)
    return tally


def main() -> None:
    """Run the study and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1, help="sets of random parameters for each call of the catalog")
    parser.add_argument("--compositions", type=int, default=200)
    parser.add_argument("--frameworks", default="torch,tensorflow,keras,jax,numpy,sklearn,onnx")
    parser.add_argument("--only", choices=("catalog", "compositions", "outsiders"))
    options = parser.parse_args()
    parts = {
        "catalog": lambda: audited(tuple(options.frameworks.split(",")), options.seeds),
        "compositions": lambda: compositions(options.compositions),
        "outsiders": outsiders,
    }
    for name, part in parts.items():
        if options.only in (None, name):
            print(name, flush=True)
            print(f"  {part().line()}", flush=True)


if __name__ == "__main__":
    main()
