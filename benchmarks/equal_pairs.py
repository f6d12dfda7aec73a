"""The false-alarm study: losses that are equal, in several frameworks and several spellings, must never be told apart.

Run `python -m benchmarks.equal_pairs [--pairs N] [--seed S]`. Every row of `FAMILIES` spells one loss in several ways: other
frameworks, other summation orders, other stable forms. Each spelling is run by its real framework on random inputs in
float64, float32, float16 and bfloat16, and every pair of answers is held against the sum of the two bounds. Then one number is
moved by 1 to 64 times that sum, to see from where a deviation is caught. What other tools' rules say of the same pairs stands
beside it, each at its documented defaults.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from itertools import combinations

import numpy as np

from benchmarks.points import CLASSES, SAMPLES, predictions, targets
from harness.adapters.base import Request
from harness.adapters.evaluate import observe
from harness.catalog import index_inputs
from harness.compare import difference, excess
from harness.errors import CaseError
from harness.explain.points import facts_for, point_of
from harness.explain.standing import CERTIFIED, as_arrays, working_dtype
from harness.expression import framework_of, parse
from harness.records import Computed, InputArray
from harness.reference.arithmetic import FORMATS, Rounded
from harness.reference.evaluate import evaluate
from harness.semantics import Semantics
from harness.syntax import Node

DTYPES = ("float64", "float32", "float16", "bfloat16")
PLANTED = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)

FAMILIES: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "sigmoid cross-entropy": ("logits", "binary", (
        "torch.nn.BCEWithLogitsLoss()(prediction, target)",
        "torch.nn.functional.binary_cross_entropy_with_logits(prediction, target, reduction='none').mean()",
        "torch.nn.functional.binary_cross_entropy_with_logits(prediction, target, reduction='none').sum(1).mean() / 5",
        "torch.nn.MultiLabelSoftMarginLoss()(prediction, target)",
        "(torch.logaddexp(torch.zeros_like(prediction), prediction) - prediction * target).mean()",
        "tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(target, prediction))",
        "tf.reduce_mean(tf.nn.weighted_cross_entropy_with_logits(target, prediction, 1.0))",
        "keras.losses.binary_crossentropy(target, prediction, from_logits=True).numpy().mean()",
        "optax.sigmoid_binary_cross_entropy(prediction, target).mean()",
        "-(target * jax.nn.log_sigmoid(prediction) + (1 - target) * jax.nn.log_sigmoid(-prediction)).mean()",
        "(np.logaddexp(0, prediction) - prediction * target).mean()",
    )),
    "softmax cross-entropy, indices": ("logits", "index", (
        "torch.nn.CrossEntropyLoss()(prediction, target)",
        "torch.nn.functional.nll_loss(torch.log_softmax(prediction, 1), target)",
        "torch.nn.functional.cross_entropy(prediction, target, reduction='sum') / 7",
        "(torch.logsumexp(prediction, 1) - prediction.gather(1, target[:, None]).squeeze(1)).mean()",
        "tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(target, prediction))",
        "keras.losses.sparse_categorical_crossentropy(target, prediction, from_logits=True).numpy().mean()",
        "optax.softmax_cross_entropy_with_integer_labels(prediction, target).mean()",
        "-(jax.nn.one_hot(target, 5) * jax.nn.log_softmax(prediction)).sum(1).mean()",
    )),
    "softmax cross-entropy, distributions": ("logits", "distribution", (
        "torch.nn.CrossEntropyLoss()(prediction, target)",
        "-(target * torch.log_softmax(prediction, 1)).sum(1).mean()",
        "-(target * torch.log_softmax(prediction, 1)).sum() / 7",
        "tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(target, prediction))",
        "optax.softmax_cross_entropy(prediction, target).mean()",
        "-(target * jax.nn.log_softmax(prediction)).sum(0).sum() / 7",
    )),
    "squared error": ("real", "real", (
        "torch.nn.MSELoss()(prediction, target)", "((prediction - target) ** 2).mean()", "torch.square(prediction - target).sum() / 35",
        "(torch.square(prediction - target).sum(0) / 7).mean()", "keras.losses.mean_squared_error(target, prediction).numpy().mean()",
        "optax.squared_error(prediction, target).mean()", "2 * optax.l2_loss(prediction, target).mean()",
    )),
    "Huber": ("real", "real", (
        "torch.nn.HuberLoss(delta=1.0)(prediction, target)", "torch.nn.SmoothL1Loss(beta=1.0)(prediction, target)",
        "keras.losses.huber(target, prediction).numpy().mean()", "optax.huber_loss(prediction, target).mean()",
    )),
    "Kullback-Leibler divergence": ("logits", "distribution", (
        "torch.nn.KLDivLoss(reduction='batchmean')(torch.log_softmax(prediction, 1), target)",
        "torch.nn.functional.kl_div(torch.log_softmax(prediction, 1), target, reduction='none').sum(1).mean()",
        "(target * (torch.log(target) - torch.log_softmax(prediction, 1))).sum() / 7",
        "optax.kl_divergence(jax.nn.log_softmax(prediction), target).mean()",
    )),
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Spelling:
    """One way to write a loss, with its point."""

    text: str
    tree: Node
    framework: str
    semantics: Semantics


@dataclass(frozen=True, slots=True, eq=False)
class Answered:
    """What a framework returned in one dtype, with the bound of that dtype and the true error."""

    value: float
    bound: float
    error: float


def spellings(family: str, inputs: Mapping[str, InputArray]) -> list[Spelling]:
    """The rows of a family, resolved."""
    found = []
    for text in FAMILIES[family][2]:
        tree = parse(text, list(inputs))
        semantics = point_of(tree, facts_for(inputs, "float64", "prediction"))
        if semantics is None:
            raise LookupError(f"{family}: {text} stands for no known point")
        found.append(Spelling(text, tree, framework_of(tree), semantics))
    return found


def inputs_of(family: str, rng: np.random.Generator, scale: float) -> dict[str, InputArray]:
    """Fresh inputs; logits of several magnitudes."""
    kind, target, _ = FAMILIES[family]
    arrays = {"prediction": predictions(kind, rng) * scale, "target": targets(target, rng)}
    return {name: InputArray(a, a.dtype.kind == "i") for name, a in arrays.items()}


def answers(rows: list[Spelling], inputs: Mapping[str, InputArray], dtype: str) -> list[Answered | None]:
    """Every spelling run by its framework."""
    arrays = as_arrays(inputs, dtype)
    found: list[Answered | None] = []
    for row in rows:
        adapter = import_module(f"harness.adapters.{row.framework}").adapter
        seen = observe(adapter, Request(row.tree, inputs, dtype, "eager", None, index_inputs(row.tree, inputs)))
        found.append(
            _answered(row, seen, arrays, dtype) if isinstance(seen, Computed) and seen.value.size == 1 else None
        )
    return found


def _answered(row: Spelling, seen: Computed, arrays: Mapping[str, np.ndarray], dtype: str) -> Answered | None:
    try:
        rounded = evaluate(row.semantics, arrays, Rounded(dtype), working_dtype(row.semantics, dtype), None).value
        exact = np.ravel(evaluate(row.semantics, arrays, CERTIFIED, working_dtype(row.semantics, dtype), None).value)[0]
    except (CaseError, ValueError):
        return None
    value = float(np.ravel(seen.value)[0])
    return Answered(value, float(np.ravel(rounded.err)[0]), abs(float(exact - value)))


def _close(rtol: float, atol: float) -> Callable[[float, float, str], bool]:
    return lambda a, b, dtype: abs(a - b) <= atol + rtol * abs(b)


_TORCH = {"float64": (1e-7, 1e-7), "float32": (1.3e-6, 1e-5), "float16": (1e-3, 1e-5), "bfloat16": (1.6e-2, 1e-5)}


def _ulps(limit: int) -> Callable[[float, float, str], bool]:
    return lambda a, b, dtype: abs(a - b) <= limit * 2.0 * FORMATS[dtype].u * max(abs(a), FORMATS[dtype].eta)


# Rules of other tools at their documented defaults: (a, b, dtype) to whether the two count as equal.
PEERS: Mapping[str, Callable[[float, float, str], bool]] = {
    "torch.testing.assert_close": lambda a, b, dtype: _close(*_TORCH[dtype])(a, b, dtype),
    "numpy.testing.assert_allclose": _close(1e-7, 0.0),
    "Keras test case, 1e-6": _close(1e-6, 1e-6),
    "ONNX backend, 1e-3 and 1e-7": _close(1e-3, 1e-7),
    "optax tests, atol 1e-4": _close(0.0, 1e-4),
    "ulpwise, 4 ulps": _ulps(4),
}


def pairs(count: int, seed: int) -> Iterator[tuple[str, Answered, Answered]]:
    """Pairs of equal losses with their dtype, until there are `count`."""
    rng = np.random.default_rng(seed)
    done = 0
    while done < count:
        for family in FAMILIES:
            rows = spellings(family, inputs_of(family, rng, 1.0))
            for dtype in DTYPES:
                for _ in range(8):
                    found = answers(rows, inputs_of(family, rng, float(rng.choice([0.3, 1.0, 3.0, 10.0]))), dtype)
                    for a, b in combinations([f for f in found if f is not None], 2):
                        done += 1
                        yield dtype, a, b


def study(count: int, seed: int) -> None:
    """Count alarms, print them beside the peers', and what is caught of planted deviations."""
    totals, alarms, caught = Counter[str](), Counter[tuple[str, str]](), Counter[tuple[str, float]]()
    planted = Counter[str]()
    ratios: dict[str, list[tuple[float, float]]] = {dtype: [] for dtype in DTYPES}
    started = time.perf_counter()
    for dtype, a, b in pairs(count, seed):
        totals[dtype] += 1
        bound = a.bound + b.bound
        alarms["this project", dtype] += bool(
            excess(difference(np.asarray(a.value), np.asarray(b.value)), np.asarray(bound)) > 1
        )
        for name, rule in PEERS.items():
            alarms[name, dtype] += not rule(a.value, b.value, dtype)
        ratios[dtype] += [(s.bound, s.error) for s in (a, b)]
        planted[dtype] += 1
        for times in PLANTED:
            moved = a.value + times * bound
            caught["this project", times] += abs(moved - b.value) > bound
            for name, rule in PEERS.items():
                caught[name, times] += not rule(moved, b.value, dtype)
    _print(totals, alarms, caught, ratios, time.perf_counter() - started)


def _print(
    totals: Counter[str],
    alarms: Counter[tuple[str, str]],
    caught: Counter[tuple[str, float]],
    ratios: dict[str, list[tuple[float, float]]],
    seconds: float,
) -> None:
    n = sum(totals.values())
    names = ("this project", *PEERS)
    print(
        f"{n} equal pairs of {sum(len(f[2]) for f in FAMILIES.values())} spellings, shapes ({SAMPLES}, {CLASSES}), {seconds:.0f} s"
    )
    print(f"\n{'false alarms':<32}" + "".join(f"{dtype:>12}" for dtype in DTYPES))
    for name in names:
        print(f"{name:<32}" + "".join(f"{alarms[name, dtype]:>12}" for dtype in DTYPES))
    print(f"{'of':<32}" + "".join(f"{totals[dtype]:>12}" for dtype in DTYPES))
    print(f"\n{'caught, moved by × the bound':<32}" + "".join(f"{times:>9g} ×" for times in PLANTED))
    for name in names:
        print(f"{name:<32}" + "".join(f"{100 * caught[name, times] / n:>9.1f} %" for times in PLANTED))
    print(f"\n{'median bound / true error':<32}" + "".join(f"{_median(ratios[dtype]):>12.1f}" for dtype in DTYPES))


def _median(pairs_of: list[tuple[float, float]]) -> float:
    """Median bound over median true error, the error of rounding the result itself included."""
    bounds, errors = np.array(pairs_of).T
    return float(np.median(bounds) / np.median(errors))


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for name in ("torch", "tensorflow", "keras", "jax"):
        import_module(f"harness.adapters.{name}").adapter.prepare()
    study(options.pairs, options.seed)


if __name__ == "__main__":
    main()
