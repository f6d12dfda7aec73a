"""The fixed sentences: one per verdict, per outcome, per stage and per convention.

Every reader of the report meets these words: tooltips, the terminal and the docs take them from here.
"""

from dataclasses import dataclass

from harness.findings import Proof
from harness.records import Verdict


@dataclass(frozen=True, slots=True)
class VerdictWords:
    """How one verdict looks; `symbol` never stands for less than the colour does."""

    symbol: str
    css: str
    meaning: str


# From the most harmless to the one that needs a reader most.
VERDICTS: dict[Verdict, VerdictWords] = {
    Verdict.IDENTICAL: VerdictWords("=", "i", "The same bits on both sides."),
    Verdict.EQUAL: VerdictWords("≈", "e", "No further apart than rounding alone may take two correct evaluations."),
    Verdict.EXPLAINED: VerdictWords("Δ", "x", "Apart, and the named conventions account for the whole gap."),
    Verdict.INCOMPARABLE: VerdictWords(
        "∅", "n", "A side gave no numbers, or the two have no form in which they could meet."
    ),
    Verdict.UNEXPLAINED: VerdictWords("?", "u", "Apart, and the known conventions do not account for the gap."),
}
SEVERITY: dict[Verdict, int] = {verdict: rank for rank, verdict in enumerate(VERDICTS)}

STAGES: dict[str, str] = {
    "layout": "Which axis holds the classes, and how arrays of different shape meet.",
    "target": "What the target array means, and what is done to it before it is used.",
    "activation": "What the prediction is taken to be: probabilities as they are, or scores that go through "
    "sigmoid, softmax or another function first.",
    "guard": "How a logarithm of zero or a division by zero is avoided.",
    "term": "What is added up for one element: which formula, and for which outcomes.",
    "modulation": "What scales a term by how hard it is, as focal loss does.",
    "weight": "Which terms count more, less or not at all.",
    "reduction": "What the terms are added up over, and what the sum is divided by.",
    "scale": "A constant factor, a sign, an offset or another base of the logarithm.",
    "precision": "The number format in which inputs are held and sums are accumulated.",
    "evaluation": "Which of two equal formulas is computed: one may overflow or cancel where the other does not.",
    "mode": "Whether the framework runs the call directly or compiles it first.",
    "gradient": "The slope that is returned where the value alone does not determine one.",
}

DETAILS: dict[str, str] = {
    "layout.prediction": "The array that is read as the prediction.",
    "layout.class_axis": "The axis along which the classes lie.",
    "layout.softmax_axis": "The axis over which softmax normalises.",
    "layout.broadcast": "What happens when prediction and target differ in shape.",
    "target.source": "The array that is read as the target.",
    "target.encoding": "How the target is written: class index, one-hot, distribution or ±1.",
    "target.smoothing": "How much of the target's mass is spread over the other classes.",
    "target.range": "The interval to which the target is clipped.",
    "target.order": "The order in which the labels stand for the columns.",
    "target.bad_index": "What an index outside the classes does.",
    "target.shift": "Which sample's prediction is held against which target.",
    "activation.chain": STAGES["activation"],
    "activation.temperature": "What the prediction is divided by before anything else.",
    "activation.support": "Which classes take part in the softmax.",
    "guard.clip": "The interval to which probabilities are clipped.",
    "guard.clamp": "The floor under each logarithm.",
    "guard.added_epsilon": "The small number added inside the logarithm.",
    "guard.renormalise": "Whether probabilities are divided by their sum.",
    "guard.recovered_logits": "Whether the framework bypasses the probabilities and uses the logits behind them.",
    "guard.order": "Which guard is applied first.",
    "guard.floor": "The least that a norm, a size or a denominator may be.",
    "term.family": "The formula of one term.",
    "term.sides": "Whether an element counts for both outcomes or for the target's class alone.",
    "term.direction": "Which of the two distributions is measured against the other.",
    "term.parameter": "The constants inside the formula, such as a margin or the width of Huber's parabola.",
    "term.parameters": "The constants inside the formula, such as a margin.",
    "term.added": "Further losses that are added to this one.",
    "modulation.focal": "The exponent γ of (1 − p), which fades out easy examples.",
    "modulation.poly": "The weight of the polynomial correction (1 − p).",
    "modulation.z_loss": "The weight of the squared log-normaliser.",
    "weight.positive": "A factor on the positive outcome alone.",
    "weight.balance": "The factor α for positives and 1 − α for negatives.",
    "weight.class": "One factor per class, and where it acts.",
    "weight.klass": "One factor per class.",
    "weight.klass_in": "Whether class weights act on whole samples or inside the sum over classes.",
    "weight.sample": "One factor per sample or element.",
    "weight.mask": "Which elements do not count.",
    "reduction.classes": "Whether the classes are added up, averaged or kept.",
    "reduction.batch": "Whether the samples are added up, averaged or kept.",
    "reduction.denominator": "What the mean counts.",
    "reduction.microbatches": "Whether means of parts are averaged, and the sizes of the parts.",
    "reduction.zero": "The result when nothing is left to count.",
    "reduction.root": "Whether a square root is taken: of the whole loss, of each sample's own, or of neither.",
    "scale.constant": "A constant factor on the whole loss.",
    "scale.sign": "Whether the loss or its negative is returned.",
    "scale.log_base": "The base of the logarithm: e for nats, 2 for bits.",
    "scale.offset": "A constant added to the loss.",
    "precision.input": "The number format to which inputs are rounded first.",
    "precision.accumulation": "The number format in which sums are kept.",
    "evaluation.form": STAGES["evaluation"],
    "mode.execution": STAGES["mode"],
    "gradient.tie": "The slope at a kink, where there are several.",
    "gradient.clip": "The slope where a guard holds the value constant.",
    "gradient.closed_form": "Whether the slope is that of the formula or of one that holds for usual targets only.",
}

# One name each, for a column: what it takes for proof 1, 2 and 3 to pass.
PROOFS: tuple[tuple[str, str], ...] = (
    ("points", "both formulas reproduce what the frameworks returned"),
    ("residual", "nothing is left over beyond rounding"),
    ("framework", "the framework itself agrees when the call is changed"),
)
PROOF_SYMBOLS: dict[Proof, str] = {Proof.PASSED: "✓", Proof.FAILED: "✗", Proof.NOT_RUN: "–"}

# What came of asking a side; `results.json` has the keys.
OUTCOMES: dict[str, str] = {
    "computed": "computed",
    "claimed": "printed",
    "raised": "raised",
    "unsupported": "cannot be asked",
    "crashed": "crashed",
    "timed_out": "timed out",
}

STATUSES: dict[str, str] = {
    "pass": "as expected",
    "fail": "not as expected",
    "error": "could not be read",
}


def meaning(factor: str) -> str:
    """One sentence on the convention `factor`, or on its stage where the convention has none of its own."""
    stage = factor.partition(".")[0]
    return DETAILS.get(factor) or STAGES.get(stage, "")
