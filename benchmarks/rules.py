"""The rule-quality study: differences of meaning that must be caught, and rewrites that must not be flagged.

Run `python -m benchmarks.rules [--seeds N]`. Each row of `MUTANTS` is a loss and the same loss with one thing wrong, as people get
it wrong; each row of `BENIGN` is a loss and the same loss in other words. Both run in their real framework in float32 on
ordinary inputs of shape (31, 11). Beside the project's verdict stands what the rules of other tools, at their documented
defaults, say of the same two arrays.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Mapping
from importlib import import_module

import numpy as np

from benchmarks.equal_pairs import PEERS
from harness.adapters.base import Request
from harness.adapters.evaluate import observe
from harness.catalog import complete, index_inputs
from harness.expression import framework_of, parse
from harness.judge import judge_case
from harness.records import Case, Computed, Expression, InputArray, Key, Verdict

SAMPLES, CLASSES = 31, 11
F = "torch.nn.functional"
CE, BCE = f"{F}.cross_entropy(x, y)", f"{F}.binary_cross_entropy_with_logits(x, b)"
LOGP = "torch.log_softmax(x, 1)"
P = "torch.softmax(x, 1)"
SIG = "torch.sigmoid(x)"

MUTANTS: tuple[tuple[str, str, str], ...] = (
    ("mean instead of sum", f"{F}.cross_entropy(x, y, reduction='sum')", CE),
    ("divided by the classes as well", f"-(h * {LOGP}).sum(1).mean()", f"-(h * {LOGP}).mean()"),
    ("softmax twice", CE, f"{F}.cross_entropy({P}, y)"),
    ("softmax over the batch", CE, f"{F}.nll_loss(torch.log_softmax(x, 0), y)"),
    ("sigmoid for softmax", f"-(h * {LOGP}).sum(1).mean()", f"-(h * torch.log({SIG})).sum(1).mean()"),
    ("temperature forgotten", f"{F}.cross_entropy(x / 1.5, y)", CE),
    ("temperature 2 against 2.02", f"{F}.cross_entropy(x / 2.0, y)", f"{F}.cross_entropy(x / 2.02, y)"),
    ("smoothing e/K against e/(K-1)", f"-((h * 0.9 + 0.1 / 11) * {LOGP}).sum(1).mean()", f"-((h * 0.9 + (1 - h) * 0.1 / 10) * {LOGP}).sum(1).mean()"),
    ("smoothing that keeps the true class", f"{F}.cross_entropy(x, y, label_smoothing=0.1)", f"-((h * (1 - 0.1 / 11) + 0.1 / 11) * {LOGP}).sum(1).mean()"),
    ("smoothing 0.1 against 0.11", f"{F}.cross_entropy(x, y, label_smoothing=0.1)", f"{F}.cross_entropy(x, y, label_smoothing=0.11)"),
    ("smoothing forgotten", f"{F}.cross_entropy(x, y, label_smoothing=0.1)", CE),
    ("weights not in the denominator", f"{F}.cross_entropy(x, y, weight=w)", f"{F}.cross_entropy(x, y, weight=w, reduction='none').mean()"),
    ("weights forgotten", f"{F}.cross_entropy(x, y, weight=w)", CE),
    ("pos_weight as a weight", f"{F}.binary_cross_entropy_with_logits(x, b, pos_weight=w)", f"{F}.binary_cross_entropy_with_logits(x, b, weight=w)"),
    ("pos_weight 2 against 2.1", f"{F}.binary_cross_entropy_with_logits(x, b, pos_weight=torch.tensor(2.0))", f"{F}.binary_cross_entropy_with_logits(x, b, pos_weight=torch.tensor(2.1))"),
    ("one side of two", f"-(b * torch.log({SIG}) + (1 - b) * torch.log(1 - {SIG})).mean()", f"-(b * torch.log({SIG})).mean()"),
    ("double epsilon", "-(b * torch.log(p.clamp(1e-3, 1 - 1e-3)) + (1 - b) * torch.log(1 - p.clamp(1e-3, 1 - 1e-3))).mean()", "-(b * torch.log(p.clamp(1e-3, 1 - 1e-3) + 1e-3) + (1 - b) * torch.log(1 - p.clamp(1e-3, 1 - 1e-3) + 1e-3)).mean()"),
    ("epsilon 1e-3 against 1e-4", "-(b * torch.log(p + 1e-3)).mean()", "-(b * torch.log(p + 1e-4)).mean()"),
    ("epsilon added, not clipped", "-(h * torch.log(q + 1e-4)).sum(1).mean()", "-(h * torch.log(q.clamp(min=1e-4))).sum(1).mean()"),
    ("renormalised rows", "-(h * torch.log(p)).sum(1).mean()", "-(h * torch.log(p / p.sum(1, keepdims=True))).sum(1).mean()"),
    ("base-2 logarithm", "-(h * torch.log(q)).sum(1).mean()", "-(h * torch.log2(q)).sum(1).mean()"),
    ("half the squared error", f"{F}.mse_loss(x, r)", f"0.5 * {F}.mse_loss(x, r)"),
    ("root of the mean", f"{F}.mse_loss(x, r)", f"torch.sqrt({F}.mse_loss(x, r))"),
    ("absolute for squared", f"{F}.mse_loss(x, r)", f"{F}.l1_loss(x, r)"),
    ("squared error summed over features", f"{F}.mse_loss(x, r)", "((x - r) ** 2).sum(1).mean()"),
    ("Huber 1 against 1.01", f"{F}.huber_loss(x, r, delta=1.0)", f"{F}.huber_loss(x, r, delta=1.01)"),
    ("Huber for smooth L1", f"{F}.huber_loss(x, r, delta=0.5)", f"{F}.smooth_l1_loss(x, r, beta=0.5)"),
    ("focal 2 against 2.01", "optax.sigmoid_focal_loss(x, b, gamma=2.0).mean()", "optax.sigmoid_focal_loss(x, b, gamma=2.01).mean()"),
    ("focal forgotten", "optax.sigmoid_focal_loss(x, b, gamma=2.0).mean()", "optax.sigmoid_binary_cross_entropy(x, b).mean()"),
    ("focal alpha swapped", "optax.sigmoid_focal_loss(x, b, alpha=0.25).mean()", "optax.sigmoid_focal_loss(x, b, alpha=0.75).mean()"),
    ("KL the other way round", f"{F}.kl_div({LOGP}, d, reduction='batchmean')", f"({P} * ({LOGP} - torch.log(d))).sum(1).mean()"),
    ("KL over all elements", f"{F}.kl_div({LOGP}, d, reduction='batchmean')", f"{F}.kl_div({LOGP}, d, reduction='mean')"),
    ("cross-entropy for KL", f"{F}.kl_div({LOGP}, d, reduction='batchmean')", f"{F}.cross_entropy(x, d)"),
    ("mean of means", CE, f"({F}.cross_entropy(x[:7], y[:7]) + {F}.cross_entropy(x[7:], y[7:])) / 2"),
    ("masked mean over everything", f"({F}.cross_entropy(x, y, reduction='none') * m).sum() / m.sum()", f"({F}.cross_entropy(x, y, reduction='none') * m).mean()"),
    ("mask forgotten", f"({F}.cross_entropy(x, y, reduction='none') * m).mean()", CE),
    ("sample weights squared", f"({F}.cross_entropy(x, y, reduction='none') * s).mean()", f"({F}.cross_entropy(x, y, reduction='none') * s * s).mean()"),
    ("ignored label counted", f"{F}.cross_entropy(x, y, ignore_index=3)", f"{F}.cross_entropy(x, y, ignore_index=3, reduction='none').mean()"),
    ("label off by one", CE, f"{F}.cross_entropy(x, (y + 1) % 11)"),
    ("sign", f"{F}.nll_loss({LOGP}, y)", f"-{F}.nll_loss({LOGP}, y)"),
    ("hinge margin 1 against 0.9", "torch.clamp(1 - (2 * b - 1) * x, min=0).mean()", "torch.clamp(0.9 - (2 * b - 1) * x, min=0).mean()"),
    ("hinge squared", "torch.clamp(1 - (2 * b - 1) * x, min=0).mean()", "(torch.clamp(1 - (2 * b - 1) * x, min=0) ** 2).mean()"),
    ("Dice without its smoothing", "1 - (2 * (p * b).sum() + 1) / (p.sum() + b.sum() + 1)", "1 - 2 * (p * b).sum() / (p.sum() + b.sum())"),
    ("IoU for Dice", "1 - 2 * (p * b).sum() / (p.sum() + b.sum())", "1 - (p * b).sum() / (p.sum() + b.sum() - (p * b).sum())"),
    ("Dice's denominator squared", "1 - 2 * (p * b).sum() / (p.sum() + b.sum())", "1 - 2 * (p * b).sum() / ((p * p).sum() + (b * b).sum())"),
    ("logits in bfloat16", CE, f"{F}.cross_entropy(x.bfloat16().float(), y)"),
    ("Poisson without its exponential", f"{F}.poisson_nll_loss(x, c)", f"{F}.poisson_nll_loss(p, c, log_input=False)"),
    ("quantile 0.5 against 0.6", "torch.maximum(0.5 * (r - x), -0.5 * (r - x)).mean()", "torch.maximum(0.6 * (r - x), -0.4 * (r - x)).mean()"),
)  # fmt: skip

BENIGN: tuple[tuple[str, str, str], ...] = (
    ("summed the other way", CE, f"{F}.cross_entropy(torch.flip(x, (0,)), torch.flip(y, (0,)))"),
    ("sum over n", CE, f"{F}.cross_entropy(x, y, reduction='sum') / 31"),
    ("none, then mean", CE, f"{F}.cross_entropy(x, y, reduction='none').mean()"),
    ("log-softmax, then nll", CE, f"{F}.nll_loss({LOGP}, y)"),
    ("one-hot", CE, f"-(h * {LOGP}).sum(1).mean()"),
    ("logsumexp minus the logit", CE, "(torch.logsumexp(x, 1) - x.gather(1, y[:, None]).squeeze(1)).mean()"),
    ("log of softmax", CE, f"-torch.log({P}.gather(1, y[:, None])).mean()"),
    ("softmax by hand", CE, "-torch.log((torch.exp(x) / torch.exp(x).sum(1, keepdims=True)).gather(1, y[:, None])).mean()"),
    ("logits shifted", CE, f"{F}.cross_entropy(x - x.max(1, keepdims=True)[0], y)"),
    ("another framework", CE, "tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, x))"),
    ("a third", CE, "optax.softmax_cross_entropy_with_integer_labels(x, y).mean()"),
    ("Keras", CE, "keras.losses.SparseCategoricalCrossentropy(from_logits=True)(y, x)"),
    ("ones for weights", CE, f"{F}.cross_entropy(x, y, weight=torch.ones(11))"),
    ("softplus form", BCE, "(torch.logaddexp(torch.zeros_like(x), x) - x * b).mean()"),
    ("stable by hand", BCE, "(torch.clamp(x, min=0) - x * b + torch.log1p(torch.exp(-torch.abs(x)))).mean()"),
    ("sigmoid, then log", BCE, f"{F}.binary_cross_entropy({SIG}, b)"),
    ("over features, then samples", BCE, f"{F}.binary_cross_entropy_with_logits(x, b, reduction='none').mean(1).mean()"),
    ("TensorFlow's sigmoid loss", BCE, "tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(b, x))"),
    ("pow against mul", f"{F}.mse_loss(x, r)", "((x - r) ** 2).mean()"),
    ("expanded square", f"{F}.mse_loss(x, r)", "(x * x - 2 * x * r + r * r).mean()"),
    ("mean of columns", f"{F}.mse_loss(x, r)", "torch.square(x - r).mean(0).mean()"),
    ("Huber 1 and smooth L1", f"{F}.huber_loss(x, r, delta=1.0)", f"{F}.smooth_l1_loss(x, r, beta=1.0)"),
    ("KL with the log target", f"{F}.kl_div({LOGP}, d, reduction='batchmean')", f"{F}.kl_div({LOGP}, torch.log(d), reduction='batchmean', log_target=True)"),
    ("KL by hand", f"{F}.kl_div({LOGP}, d, reduction='batchmean')", f"(d * (torch.log(d) - {LOGP})).sum(1).mean()"),
)  # fmt: skip


def inputs(rng: np.random.Generator) -> dict[str, InputArray]:
    """Ordinary inputs of every kind, one name each."""
    y = rng.integers(0, CLASSES, SAMPLES)
    arrays = {
        "x": rng.normal(0.0, 2.0, (SAMPLES, CLASSES)), "r": rng.normal(0.0, 2.0, (SAMPLES, CLASSES)), "y": y, "h": np.eye(CLASSES, dtype=np.int64)[y],
        "b": rng.integers(0, 2, (SAMPLES, CLASSES)), "d": rng.dirichlet(np.ones(CLASSES), SAMPLES), "q": rng.dirichlet(np.ones(CLASSES), SAMPLES),
        "p": rng.uniform(0.01, 0.99, (SAMPLES, CLASSES)), "w": rng.uniform(0.3, 3.0, CLASSES), "s": rng.uniform(0.3, 3.0, SAMPLES),
        "m": np.r_[1, 0, rng.integers(0, 2, SAMPLES - 2)], "c": rng.integers(0, 6, (SAMPLES, CLASSES)),
    }  # fmt: skip
    return {name: InputArray(a, a.dtype.kind == "i") for name, a in arrays.items()}


def case_of(a: str, b: str, given: Mapping[str, InputArray]) -> Case:
    """One pair as a case; its gradient is by whatever both read as the prediction."""
    sides = {}
    for name, text in (("a", a), ("b", b)):
        tree = complete(parse(text, list(given)), list(given))
        sides[name] = Expression(text, tree, framework_of(tree))
    wrt = next(name for name in ("x", "p", "q") if f"{name}" in a.replace("torch.exp", "").replace("clamp", ""))
    return Case("pair", "pair", given, sides, gradient=wrt)


def judged(a: str, b: str, given: Mapping[str, InputArray]) -> tuple[Verdict, np.ndarray, np.ndarray, str]:
    """The project's verdict on the values, and both values."""
    case = case_of(a, b, given)
    seen = {}
    for name, side in case.sides.items():
        assert isinstance(side, Expression)
        adapter = import_module(f"harness.adapters.{side.framework}").adapter
        request = Request(side.tree, given, "float32", "eager", case.gradient, index_inputs(side.tree, given))
        seen[Key("pair", name, "float32")] = observe(adapter, request)
    values = [o.value if isinstance(o, Computed) else np.asarray(np.nan) for o in seen.values()]
    comparison = judge_case(case, seen).comparisons[0]
    words = ", ".join(f.factor for f in comparison.explanation.factors)
    return comparison.verdict, values[0], values[1], words or comparison.message or comparison.explanation.blame


def study(seeds: int) -> None:
    """Run both tables and print who catches and who flags what."""
    caught, flagged, wrong = Counter[str](), Counter[str](), []
    agree = {Verdict.IDENTICAL, Verdict.EQUAL}
    for table, counter in ((MUTANTS, caught), (BENIGN, flagged)):
        for name, a, b in table:
            hits = Counter[str]()
            for seed in range(seeds):
                verdict, x, y, words = judged(a, b, inputs(np.random.default_rng(seed)))
                hits["this project"] += verdict not in agree
                if (verdict in agree) == (table is MUTANTS) or (table is MUTANTS and verdict != Verdict.EXPLAINED):
                    wrong.append(f"{name}: {verdict} {words}")
                for peer, rule in PEERS.items():
                    hits[peer] += not rule(float(x), float(y), "float32")
            for peer in ("this project", *PEERS):
                # A mutant counts as caught if it is on every seed, a rewrite as flagged if it is on any.
                counter[peer] += hits[peer] == seeds if table is MUTANTS else hits[peer] > 0
    print(f"{'rule':<32}{'caught of ' + str(len(MUTANTS)):>14}{'flagged of ' + str(len(BENIGN)):>16}")
    for peer in ("this project", *PEERS):
        print(f"{peer:<32}{caught[peer]:>14}{flagged[peer]:>16}")
    for line in dict.fromkeys(wrong):
        print("look at", line)


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    for name in ("torch", "tensorflow", "keras", "jax"):
        import_module(f"harness.adapters.{name}").adapter.prepare()
    study(options.seeds)


if __name__ == "__main__":
    main()
