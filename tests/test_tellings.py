"""Two losses held against each other in the words in which they differ least; no framework is asked."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.explain.aligned import aligned
from harness.explain.differences import differences
from harness.explain.forms import two_class
from harness.explain.points import facts_for, point_of
from harness.explain.standing import as_arrays
from harness.explain.tellings import Ground, told
from harness.expression import parse
from harness.records import InputArray

RNG = np.random.default_rng(11)
ARRAYS = {
    "prediction": RNG.normal(0.0, 1.5, (4, 5)),
    "other": RNG.normal(0.0, 1.5, (4, 5)),
    "target": np.array([0, 3, 1, 4]),
    "hot": np.eye(5)[[0, 3, 1, 4]],
    "mask": np.array([1.0, 1.0, 0.0, 1.0]),
    "halves": np.array([1.0, 0.5, 0.0, 1.0]),
    "w": np.array([1.0, 2.0, 3.0, 0.5, 1.5]),
    "sequence": RNG.normal(0.0, 1.5, (2, 3, 5)),
    "tokens": np.array([[0, 3, 0], [4, 2, 1]]),
    "keep": np.array([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]]),
    "score": RNG.normal(0.0, 1.5, (4,)),
    "label": np.array([0.0, 1.0, 1.0, 0.0]),
}
INPUTS = {name: InputArray(a, integral=a.dtype.kind == "i") for name, a in ARRAYS.items()}
DTYPE = "float32"
GROUND = Ground(as_arrays(INPUTS, DTYPE), DTYPE, "prediction")
FACTS = facts_for(INPUTS, DTYPE, "prediction")

# One loss, in words that have nothing to do with each other.
SAME = (
    (
        "(F.cross_entropy(prediction, target, reduction='none') * mask).sum() / mask.sum()",
        "F.cross_entropy(prediction[mask == 1], target[mask == 1])",
    ),
    (
        "F.cross_entropy(prediction, target, weight=w, reduction='sum') / 4",
        "(F.cross_entropy(prediction, target, reduction='none') * w[target]).mean()",
    ),
    (
        "F.cross_entropy(sequence.transpose(1, 2), tokens)",
        "keras.losses.sparse_categorical_crossentropy(tokens, sequence, from_logits=True).mean()",
    ),
    (
        "F.cross_entropy(sequence.reshape(-1, 5), tokens.reshape(-1))",
        "optax.softmax_cross_entropy_with_integer_labels(sequence, tokens).mean()",
    ),
    (
        "F.cross_entropy(sequence.transpose(1, 2), tokens, ignore_index=0)",
        "(optax.softmax_cross_entropy_with_integer_labels(sequence, tokens) * (tokens > 0)).sum() / (tokens > 0).sum()",
    ),
    (
        "F.cross_entropy(prediction, target) + 0.5 * F.cross_entropy(other, target)",
        "0.5 * F.cross_entropy(other, target) + F.cross_entropy(prediction, target)",
    ),
    (
        "(F.cross_entropy(prediction[:2], target[:2]) + F.cross_entropy(prediction[2:], target[2:])) / 2",
        "F.cross_entropy(prediction, target)",
    ),
    ("F.mse_loss(prediction, other, reduction='sum') / 20", "F.mse_loss(other, prediction)"),
    (
        "F.binary_cross_entropy_with_logits(score, label, pos_weight=torch.tensor(3.0))",
        "F.binary_cross_entropy_with_logits(score, label, weight=1 + 2 * label)",
    ),
    (
        "(mask / mask.sum() * F.cross_entropy(prediction, target, reduction='none')).sum()",
        "(F.cross_entropy(prediction, target, reduction='none') * mask).sum() / mask.sum()",
    ),
    (
        (
            "(F.cross_entropy(sequence.flatten(0, 1), tokens.flatten(), reduction='none').view(2, 3) * keep).sum()"
            " / keep.sum()"
        ),
        "(F.cross_entropy(sequence.transpose(1, 2), tokens, reduction='none') * keep).sum() / keep.sum()",
    ),
)
SAME += (
    (
        "F.cross_entropy(prediction, target, label_smoothing=0.1)",
        "0.9 * F.cross_entropy(prediction, target) - 0.1 * F.log_softmax(prediction, -1).mean()",
    ),
    (
        "F.cross_entropy(prediction, target, label_smoothing=0.1, reduction='sum')",
        "0.9 * F.cross_entropy(prediction, target, reduction='sum') - 0.02 * F.log_softmax(prediction, -1).sum()",
    ),
)
SAME += (
    (
        "3 / 4 * F.cross_entropy(prediction[:3], target[:3]) + 1 / 4 * F.cross_entropy(prediction[3:], target[3:])",
        "F.cross_entropy(prediction, target)",
    ),
    (
        "F.mse_loss(prediction, other, reduction='none').mean(0).sum()",
        "F.mse_loss(prediction, other, reduction='none').sum(1).mean()",
    ),
    (
        "(torch.linalg.norm((prediction - other).flatten(1), dim=1) ** 2).mean()",
        "((prediction - other) ** 2).sum(1).mean()",
    ),
    (
        (
            "F.mse_loss(prediction[:, :2][:, 0], other[:, :2][:, 0])"
            " + F.mse_loss(prediction[:, :2][:, 1], other[:, :2][:, 1])"
        ),
        "((prediction[:, :2] - other[:, :2]) ** 2).sum(1).mean()",
    ),
)
# Two conventions that a count of elements could hide: two of four is what somebody wrote.
TWO = (
    (
        "0.5 * F.mse_loss(score, label, reduction='sum')",
        "F.mse_loss(score, label)",
        ["reduction.batch", "scale.constant"],
    ),
    (
        "2 * F.mse_loss(score, label)",
        "F.mse_loss(score, label, reduction='sum')",
        ["reduction.batch", "scale.constant"],
    ),
)
# What differs between them, and nothing else.
ONE = (
    (
        "F.cross_entropy(prediction, target, weight=w)",
        "(F.cross_entropy(prediction, target, reduction='none') * w[target]).mean()",
        "reduction.denominator",
    ),
    (
        "F.cross_entropy(prediction[mask == 1], target[mask == 1])",
        "(F.cross_entropy(prediction, target, reduction='none') * mask).mean()",
        "reduction.denominator",
    ),
    (
        "F.cross_entropy(sequence.transpose(1, 2), tokens, ignore_index=0)",
        "F.cross_entropy(sequence.reshape(-1, 5), tokens.reshape(-1))",
        "weight.mask",
    ),
    (
        "F.cross_entropy(prediction, target) + 0.5 * F.cross_entropy(other, target)",
        "0.3 * F.cross_entropy(other, target) + F.cross_entropy(prediction, target)",
        "term.added",
    ),
    (
        "(F.cross_entropy(sequence.transpose(1, 2), tokens, reduction='none') * keep).sum() / 4",
        "F.cross_entropy(sequence.transpose(1, 2), tokens)",
        "weight.mask",
    ),
    (
        "(F.cross_entropy(prediction[:1], target[:1]) + F.cross_entropy(prediction[1:], target[1:])) / 2",
        "F.cross_entropy(prediction, target)",
        "reduction.microbatches",
    ),
    ("F.cross_entropy(prediction, target, reduction='sum')", "F.cross_entropy(prediction, target)", "reduction.batch"),
    (
        "F.cross_entropy(prediction, target, weight=w)",
        "F.cross_entropy(prediction, target, weight=w, reduction='sum') / w.sum()",
        "reduction.denominator",
    ),
    (
        "(F.cross_entropy(prediction, target, reduction='none') * mask).mean()",
        "(mask / mask.sum() * F.cross_entropy(prediction, target, reduction='none')).sum()",
        "reduction.denominator",
    ),
    (
        "((prediction - other) ** 2).sum() / (2 * prediction.shape[0])",
        "F.mse_loss(prediction, other, reduction='none').sum(1).mean()",
        "scale.constant",
    ),
    ("torch.sqrt(F.mse_loss(prediction, other))", "F.mse_loss(prediction, other)", "reduction.root"),
    (
        "torch.sqrt(((prediction - other) ** 2).mean(1)).mean()",
        "torch.sqrt(((prediction - other) ** 2).sum(1)).mean()",
        "reduction.classes",
    ),
    (
        "F.pairwise_distance(prediction, other, eps=0.01).mean()",
        "torch.norm(prediction - other, dim=1).mean()",
        "guard.floor",
    ),
    ("torch.sqrt((prediction - other) ** 2 + 1e-2).mean()", "F.l1_loss(prediction, other)", "guard.floor"),
    (
        "(torch.abs(prediction - other) / (torch.abs(other) + 0.1)).mean()",
        "(torch.abs(prediction - other) / torch.abs(other)).mean()",
        "guard.floor",
    ),
    (
        "-(F.log_softmax(prediction, -1).gather(1, target[:, None]).squeeze(1) * halves).mean()",
        "-(F.log_softmax(prediction, -1).gather(1, target[:, None]) * halves).mean()",
        "layout.broadcast",
    ),
    ("F.relu(1 - (2 * hot - 1) * prediction).mean()", "F.relu(1 - hot * prediction).mean()", "target.encoding"),
    ("torch.norm(prediction - other)", "torch.sqrt(F.mse_loss(prediction, other))", "reduction.batch"),
    ("torch.sqrt(F.mse_loss(prediction, other) + 1e-2)", "torch.sqrt(F.mse_loss(prediction, other))", "guard.floor"),
    (
        "torch.abs((other - prediction) / other).mean()",
        "torch.abs((other - prediction) / prediction).mean()",
        "term.direction",
    ),
    (
        "F.cross_entropy(prediction, target)",
        "0.9 * F.cross_entropy(prediction, target) - 0.02 * F.log_softmax(prediction, -1).sum(-1).mean()",
        "target.smoothing",
    ),
    ("F.cross_entropy(prediction, target)", "F.cross_entropy(prediction[:3], target[:3])", "weight.mask"),
    (
        "F.cross_entropy(prediction, target, reduction='sum') / 4",
        "F.cross_entropy(prediction[target > 0], target[target > 0])",
        "weight.mask",
    ),
    (
        "torch.maximum(0.9 * (other - prediction), -0.1 * (other - prediction)).mean()",
        "0.5 * F.l1_loss(prediction, other)",
        "term.parameter",
    ),
    (
        "F.cross_entropy(prediction, target)",
        (
            "(F.cross_entropy(prediction, target, reduction='none')"
            " + 2.0 * (1 - F.softmax(prediction, 1).gather(1, target[:, None]).squeeze(1))).mean()"
        ),
        "modulation.poly",
    ),
    (
        "F.mse_loss(prediction, other)",
        "F.mse_loss(prediction, other, reduction='none').mean(0).sum()",
        "reduction.classes",
    ),
    ("F.mse_loss(prediction[:, :1], score)", "F.mse_loss(prediction[:, :1][:, 0], score)", "layout.broadcast"),
)
# Look alike, and are other losses: whoever says nothing differs, or that it is only this, says too much.
APART = (
    (
        "(F.cross_entropy(prediction, target, reduction='none') * halves).sum() / halves.sum()",
        "F.cross_entropy(prediction[halves > 0], target[halves > 0])",
    ),
    (
        "F.cross_entropy(sequence.reshape(-1, 5), tokens.reshape(-1))",
        "F.cross_entropy(sequence.transpose(0, 1).reshape(-1, 5), tokens.reshape(-1))",
    ),
    (
        "F.cross_entropy(prediction, target, weight=w)",
        "(F.cross_entropy(prediction, target, reduction='none') * w[target]).sum() / w.sum()",
    ),
    ("F.mse_loss(prediction, other, reduction='sum') / 4", "F.mse_loss(other, prediction)"),
    (
        "torch.sqrt(((prediction - other) ** 2).mean(1)).mean()",
        "torch.sqrt(((prediction - other) ** 2).mean())",
    ),
    (
        "torch.sqrt(((prediction - other) ** 2).sum(1)).sum() / 20",
        "torch.sqrt(((prediction - other) ** 2).mean())",
    ),
    (
        "(F.cross_entropy(prediction[:3], target[:3]) + F.cross_entropy(prediction[3:], target[3:])) / 2",
        "F.cross_entropy(prediction, target)",
    ),
)
ALL = sorted({text for row in (*SAME, *APART) for text in row} | {text for row in (*ONE, *TWO) for text in row[:2]})
POINTS = {text: two_class(point_of(parse(text, INPUTS), FACTS)) for text in ALL}


def between(first, second):
    """Factors of what differs and does not rest on these inputs."""
    a, b = aligned(*told(POINTS[first], POINTS[second], GROUND))
    return [d.factor for d in differences(a, b) if not GROUND.same(a, d.throw(a))]


def factors(first, second):
    return sorted(d.factor for d in differences(*aligned(*told(POINTS[first], POINTS[second], GROUND))))


@pytest.mark.parametrize(("first", "second", "wanted"), TWO)
def test_two_conventions_are_both_told(first, second, wanted):
    assert between(first, second) == wanted
    assert between(second, first) == wanted


@pytest.mark.parametrize(("first", "second"), SAME)
def test_one_loss_in_other_words_differs_in_nothing(first, second):
    assert between(first, second) == []
    assert between(second, first) == []


@pytest.mark.parametrize(("first", "second", "factor"), ONE)
def test_the_one_thing_that_differs_is_all_that_is_told(first, second, factor):
    assert between(first, second) == [factor]
    assert between(second, first) == [factor]


@pytest.mark.parametrize(("first", "second"), APART)
def test_losses_that_look_alike_are_not_told_as_one(first, second):
    assert between(first, second)


pairs = st.sampled_from(list(permutations(ALL, 2)))


@given(pairs)
@settings(max_examples=60, deadline=None)
def test_what_is_told_is_the_loss_that_was_read(pair):
    points = [POINTS[text] for text in pair]
    assert all(GROUND.same(s, words) for s, words in zip(points, told(*points, GROUND), strict=True))


@given(pairs)
@settings(max_examples=60, deadline=None)
def test_it_does_not_matter_which_side_is_named_first(pair):
    assert factors(*pair) == factors(*reversed(pair))


@given(st.sampled_from(ALL))
def test_a_loss_does_not_differ_from_itself(text):
    assert between(text, text) == []


def test_a_single_difference_of_two_losses_that_differ_is_told_as_it_was_read():
    mean, total = (
        point_of(parse(f"F.cross_entropy(prediction, target{how})", INPUTS), FACTS) for how in ("", ", reduction='sum'")
    )

    assert told(mean, total, GROUND) == (mean, total)
