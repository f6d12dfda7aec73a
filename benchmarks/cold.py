"""How long a run takes from nothing, beside what the frameworks themselves take to give a first result.

Run `python -m benchmarks.cold [--runs N] [CASES]`, of the puzzles unless told; `--all` adds one run of all cases, which
takes a minute. All are whole processes. A cold run has no store of earlier answers
and writes the report; the second run finds both. A framework's first result is its import, one loss and its gradient.
They take turns, so that other load on the machine falls on each alike; the medians are compared.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np

from harness.adapters.base import Request
from harness.adapters.evaluate import observe
from harness.catalog import complete, index_inputs
from harness.expression import parse
from harness.records import Computed, InputArray

ROOT = Path(__file__).parent.parent
ARRAYS = (
    "import numpy as np; x = np.ones((3, 4), np.float32) * np.arange(4, dtype=np.float32); t = np.array([0, 1, 2]);"
)
FIRST_RESULT = {
    "torch": "import torch; p = torch.from_numpy(x).requires_grad_();"
    " loss = torch.nn.functional.cross_entropy(p, torch.from_numpy(t)); loss.backward(); print(loss.item(), p.grad)",
    "tensorflow": "import tensorflow as tf; p = tf.Variable(x);\nwith tf.GradientTape() as tape:\n"
    "    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(t, p))\n"
    "print(float(loss), tape.gradient(loss, p).numpy())",
    "jax": "import jax, optax; print(jax.value_and_grad("
    "lambda p: optax.softmax_cross_entropy_with_integer_labels(p, t).mean())(x))",
}
LIVE = {
    "torch": "torch.nn.functional.cross_entropy(prediction, target)",
    "tensorflow": "tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(target, prediction))",
    "jax": "optax.softmax_cross_entropy_with_integer_labels(prediction, target).mean()",
}


def process(arguments: list[str], folder: Path) -> float:
    """Wall seconds of one whole process that must succeed."""
    # The frameworks are installed and so compiled; so is the harness, from its first run on.
    usual = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment = {**usual, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3", "JAX_PLATFORMS": "cpu"}
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, check=True, capture_output=True)
    return time.perf_counter() - started


def compare(cases: Path, folder: Path) -> float:
    """Seconds of `harness compare`, with its store and report in `folder`."""
    return process(["-m", "harness", "compare", str(cases), "--out", "reports"], folder)


def starts(cases: Path, runs: int) -> dict[str, float]:
    """Median seconds of a cold run, of the run after it, and of each framework's first result."""
    seconds: dict[str, list[float]] = {name: [] for name in ("cold", "second", *FIRST_RESULT)}
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            seconds["cold"].append(compare(cases, folder))
            seconds["second"].append(compare(cases, folder))
            for framework, text in FIRST_RESULT.items():
                seconds[framework].append(process(["-c", ARRAYS + text], folder))
    return {name: statistics.median(each) for name, each in seconds.items()}


def torch_call(x: np.ndarray, t: np.ndarray) -> Callable[[], object]:
    """The bare call, value and gradient, on arrays that are there already."""
    torch = import_module("torch")
    target = torch.from_numpy(t)

    def call() -> object:
        prediction = torch.from_numpy(x).requires_grad_()
        loss = torch.nn.functional.cross_entropy(prediction, target)
        return loss.item(), torch.autograd.grad(loss, prediction)[0].numpy()

    return call


def tensorflow_call(x: np.ndarray, t: np.ndarray) -> Callable[[], object]:
    """The same in TensorFlow."""
    tf = import_module("tensorflow")

    def call() -> object:
        prediction = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(prediction)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(tf.constant(t), prediction))
        return loss.numpy(), tape.gradient(loss, prediction).numpy()

    return call


def jax_call(x: np.ndarray, t: np.ndarray) -> Callable[[], object]:
    """The same in JAX, not compiled."""
    jax, jnp, optax = (import_module(name) for name in ("jax", "jax.numpy", "optax"))

    def loss(prediction: object, target: object) -> object:
        return optax.softmax_cross_entropy_with_integer_labels(prediction, target).mean()

    def call() -> object:
        value, gradient = jax.value_and_grad(loss)(jnp.asarray(x), jnp.asarray(t))
        return np.asarray(value), np.asarray(gradient)

    return call


BARE = {"torch": torch_call, "tensorflow": tensorflow_call, "jax": jax_call}


def overhead(framework: str, runs: int) -> tuple[float, float]:
    """Microseconds of one evaluation by the adapter, and of the bare call, taking turns; medians."""
    adapter = import_module(f"harness.adapters.{framework}").adapter
    adapter.prepare()
    x = np.random.default_rng(0).normal(0, 2, (64, 10)).astype(np.float32)
    t = np.random.default_rng(1).integers(0, 10, 64)
    inputs = {"prediction": InputArray(x.astype(np.float64)), "target": InputArray(t, integral=True)}
    tree = complete(parse(LIVE[framework], inputs), inputs)
    request = Request(tree, inputs, "float32", "eager", "prediction", index_inputs(tree, inputs))
    bare = BARE[framework](x, t)
    assert isinstance(observe(adapter, request), Computed)
    bare()
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(runs):
        for kept, call in zip(seconds, (lambda: observe(adapter, request), bare), strict=True):
            started = time.perf_counter()
            call()
            kept.append(time.perf_counter() - started)
    ours, theirs = (statistics.median(each) * 1e6 for each in seconds)
    return ours, theirs


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", type=Path, nargs="?", default=ROOT / "cases" / "puzzles")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--all", action="store_true", help="also time one run of all cases")
    options = parser.parse_args()
    seconds = starts(options.cases.resolve(), options.runs)
    slowest = max(FIRST_RESULT, key=seconds.__getitem__)
    print(f"{'whole processes, median of ' + str(options.runs):<44}{'s':>8}{'ratio':>8}")
    for name, each in seconds.items():
        what = {"cold": "harness compare, cold", "second": "harness compare, again"}.get(name, f"{name}: first result")
        print(f"{what:<44}{each:>8.2f}{each / seconds[slowest]:>8.2f}")
    if options.all:
        with tempfile.TemporaryDirectory() as name:
            each = compare(ROOT / "cases", Path(name))
        print(f"{'harness compare, all cases, cold, once':<44}{each:>8.2f}{each / seconds[slowest]:>8.2f}")
    print(f"\n{'one live evaluation, value and gradient':<44}{'µs':>8}{'ratio':>8}")
    for framework in LIVE:
        ours, theirs = overhead(framework, 50 * options.runs)
        print(f"{framework:<44}{ours:>8.0f}{ours / theirs:>8.2f}")
        print(f"{'  the bare call':<44}{theirs:>8.0f}{1.0:>8.2f}")


if __name__ == "__main__":
    main()
