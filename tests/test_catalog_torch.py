"""Every declared point of torch against torch itself: value and gradient inside the bound, which nothing here tunes."""

from itertools import product

import numpy as np
import pytest
from catalog_check import declared, misses

from harness.adapters.torch import adapter
from harness.catalog import APIS, complete
from harness.errors import CaseError
from harness.expression import parse

SHAPES = ((7,), (7, 5), (3, 5, 7))
REDUCTIONS = ("", "reduction='sum'", "reduction='none'")
KL_REDUCTIONS = (*REDUCTIONS, "reduction='batchmean'")
WIDE = ("float64", "float32")
ALL = (*WIDE, "float16", "bfloat16")
PAIR = "prediction, target"

# torch warns of broadcasting, of kl_div's mean and of deprecated arguments, all of which are meant here.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

rng = np.random.default_rng(0)
START = rng.bit_generator.state


@pytest.fixture(autouse=True)
def same_numbers_in_every_order():
    rng.bit_generator.state = START


def real(*shape, scale=3.0):
    return rng.normal(size=shape) * scale


def unit(*shape):
    return rng.uniform(0.01, 0.99, size=shape)


def distribution(*shape):
    x = rng.gamma(1.0, size=shape)
    return x / x.sum(1 if len(shape) > 1 else 0, keepdims=True)


def signs(*shape):
    return rng.integers(0, 2, size=shape) * 2 - 1


def classes(shape):
    return shape[1] if len(shape) > 1 else shape[0]


def labels(shape):
    """Class indices for scores of `shape`; one of them at least is 1."""
    index = np.array(rng.integers(0, classes(shape), size=shape[:1] + shape[2:] if len(shape) > 1 else ()))
    index.flat[0] = 1
    return index


def index_lists(shape):
    lists = rng.integers(-1, shape[-1], size=shape)
    lists[..., -1] = -1
    return lists


# Inputs of a loss, by the shape of its prediction.
INPUTS = {
    "probabilities": lambda s: {"prediction": unit(*s), "target": rng.uniform(size=s), "w": unit(*s), "v": unit(s[-1])},
    "logits": lambda s: {"prediction": real(*s), "target": rng.uniform(size=s), "w": unit(*s), "v": unit(s[-1]) * 3},
    "signed": lambda s: {"prediction": real(*s), "target": signs(*s)},
    "nearly signed": lambda s: {"prediction": real(*s), "target": rng.integers(-1, 2, size=s)},
    "index": lambda s: {"prediction": real(*s), "target": labels(s), "w": unit(classes(s))},
    "log index": lambda s: {"prediction": np.log(distribution(*s)), "target": labels(s), "w": unit(classes(s))},
    "dense": lambda s: {"prediction": real(*s), "target": distribution(*s), "w": unit(classes(s))},
    "log dense": lambda s: {"prediction": np.log(distribution(*s)), "target": distribution(*s)},
    "logs": lambda s: {"prediction": np.log(distribution(*s)), "target": np.log(distribution(*s))},
    "lists": lambda s: {"prediction": real(*s), "target": index_lists(s)},
    "real": lambda s: {"prediction": real(*s), "target": real(*s), "w": unit(*s), "v": unit(*s)},
    "sample variance": lambda s: {"prediction": real(*s), "target": real(*s), "v": unit(*s[:-1])},
    "counts": lambda s: {"prediction": unit(*s) * 5, "target": rng.integers(0, 7, size=s)},
    "two": lambda s: {"prediction": real(*s), "b": real(*s), "target": signs(*s)},
    "two rows": lambda s: {"prediction": real(*s), "b": real(*s), "target": np.asarray(signs(*s[:-1]))},
    "three": lambda s: {"prediction": real(*s), "b": real(*s), "c": real(*s)},
    "column": lambda s: {"prediction": real(*s), "target": real(s[0], *[1] * (len(s) - 1))},
}

# function, class, inputs, options; then where it differs from the usual: arrays, reductions, shapes, dtypes, inputs to
# differentiate with respect to.
LOSSES = (
    ("binary_cross_entropy", "BCELoss", "probabilities", ("", "weight=w", "weight=v")),
    ("binary_cross_entropy_with_logits", "BCEWithLogitsLoss", "logits",
     ("", "weight=w", "pos_weight=v", "weight=w, pos_weight=v")),
    ("soft_margin_loss", "SoftMarginLoss", "signed", ("",)),
    ("soft_margin_loss", "SoftMarginLoss", "nearly signed", ("",)),
    ("multilabel_soft_margin_loss", "MultiLabelSoftMarginLoss", "logits", ("", "weight=v")),
    ("cross_entropy", "CrossEntropyLoss", "index",
     ("", "weight=w", "ignore_index=1", "weight=w, ignore_index=1", "label_smoothing=0.1",
      "weight=w, label_smoothing=0.3, ignore_index=1", "label_smoothing=-0.1")),
    ("cross_entropy", "CrossEntropyLoss", "dense",
     ("", "weight=w", "label_smoothing=0.1", "weight=w, label_smoothing=0.3")),
    ("nll_loss", "NLLLoss", "log index", ("", "weight=w", "ignore_index=1", "weight=w, ignore_index=1")),
    ("kl_div", "KLDivLoss", "log dense", ("",), {"reductions": KL_REDUCTIONS, "wrt": ("prediction", "target")}),
    ("kl_div", "KLDivLoss", "logs", ("log_target=True",),
     {"reductions": KL_REDUCTIONS, "wrt": ("prediction", "target")}),
    ("multi_margin_loss", "MultiMarginLoss", "index", ("", "p=2", "margin=0.3", "weight=w, p=2, margin=2.0"),
     {"shapes": SHAPES[:2], "dtypes": WIDE}),
    ("multilabel_margin_loss", "MultiLabelMarginLoss", "lists", ("",), {"shapes": SHAPES[:2], "dtypes": WIDE}),
    ("hinge_embedding_loss", "HingeEmbeddingLoss", "signed", ("", "margin=0.3")),
    ("hinge_embedding_loss", "HingeEmbeddingLoss", "nearly signed", ("", "margin=0.3")),
    ("margin_ranking_loss", "MarginRankingLoss", "two", ("", "margin=0.5"),
     {"arrays": "prediction, b, target", "wrt": ("prediction", "b")}),
    ("cosine_embedding_loss", "CosineEmbeddingLoss", "two rows", ("", "margin=0.5"),
     {"arrays": "prediction, b, target", "shapes": SHAPES[:2], "wrt": ("prediction", "b")}),
    ("triplet_margin_loss", "TripletMarginLoss", "three", ("", "margin=3.5", "p=1", "p=3.0", "swap=True", "eps=0.1"),
     {"arrays": "prediction, b, c", "wrt": ("prediction", "b", "c")}),
    ("mse_loss", "MSELoss", "real", ("",)),
    ("l1_loss", "L1Loss", "real", ("",)),
    ("smooth_l1_loss", "SmoothL1Loss", "real", ("", "beta=0.3", "beta=0.0")),
    ("huber_loss", "HuberLoss", "real", ("", "delta=0.3")),
    ("mse_loss", "", "real", ("weight=w",)),
    ("l1_loss", "", "real", ("weight=w",)),
    ("huber_loss", "", "real", ("weight=w",)),
    ("mse_loss", "MSELoss", "column", ("",), {"shapes": SHAPES[1:]}),
    ("poisson_nll_loss", "PoissonNLLLoss", "counts",
     ("", "full=True", "log_input=False", "log_input=False, full=True, eps=1e-3")),
    ("gaussian_nll_loss", "GaussianNLLLoss", "real", ("", "full=True", "eps=0.5"),
     {"arrays": "prediction, target, v", "wrt": ("prediction", "v")}),
    ("gaussian_nll_loss", "GaussianNLLLoss", "sample variance", ("",),
     {"arrays": "prediction, target, v", "shapes": SHAPES[1:], "wrt": ("prediction", "v")}),
)  # fmt: skip


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: f"{loss[0]}-{loss[2]}".replace(" ", "-"))
def test_torch_computes_what_is_declared_of_the_function_and_of_the_class(loss):
    function, name, kind, options, unusual = (*loss, {})[:5]
    arrays = unusual.get("arrays", PAIR)
    found = []
    for shape, option, reduction in product(
        unusual.get("shapes", SHAPES), options, unusual.get("reductions", REDUCTIONS)
    ):
        inputs = INPUTS[kind](shape)
        given = ", ".join(part for part in (option, reduction) if part)
        call = f"F.{function}({arrays}{', ' * bool(given)}{given})"
        for dtype, wrt in product(unusual.get("dtypes", ALL), unusual.get("wrt", ("prediction",))):
            found += misses(adapter, call, inputs, dtype, wrt=wrt)
        if name:
            found += misses(adapter, f"nn.{name}({given})({arrays})", inputs, "float32")

    assert found == []


@pytest.mark.parametrize("dtype", ALL)
def test_a_probability_of_zero_or_one_costs_a_hundred_and_its_gradient_saturates_elsewhere(dtype):
    p = [0.0, 0.0, 1.0, 1.0, 0.5, 1e-8, 1 - 1e-8, 0.0, 1.0]
    t = [0.0, 1.0, 0.0, 1.0, 0.5, 1.0, 0.0, 0.3, 0.3]

    assert misses(adapter, "nn.BCELoss(reduction='none')", {"prediction": p, "target": t}, dtype) == []


FAR = [50, -50, 50, -50, 0, 1e4, -1e4, 17, -17, 90, -90, 800, -800.0]
FAR_TARGET = [0, 0, 1, 1, 0.5, 0, 1, 0, 1, 0, 1, 0, 1.0]


@pytest.mark.parametrize("dtype", ALL)
@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("F.binary_cross_entropy_with_logits(prediction, target, reduction='none')", FAR_TARGET),
        ("F.binary_cross_entropy_with_logits(prediction, target, pos_weight=w, reduction='none')", FAR_TARGET),
        ("F.multilabel_soft_margin_loss(prediction, target, reduction='none')", FAR_TARGET),
        ("F.soft_margin_loss(prediction, target, reduction='none')", [1 if t > 0.5 else -1 for t in FAR_TARGET]),
    ],
)
def test_logits_far_out_are_exact_or_overflow_where_the_naive_form_does(text, target, dtype):
    inputs = {"prediction": FAR, "target": target, "w": 0.1}

    assert misses(adapter, text, inputs, dtype) == []


@pytest.mark.parametrize("weight", [0.01, 0.5, 1.0, 3.0, 99.0])
@pytest.mark.parametrize("dtype", ALL)
def test_the_bound_covers_what_a_small_or_large_pos_weight_loses(weight, dtype):
    for scale, target in product((0.1, 3.0, 20.0), (rng.uniform(size=(7, 5)), rng.integers(0, 2, size=(7, 5)))):
        inputs = {"prediction": real(7, 5, scale=scale), "target": target, "w": np.full(5, weight)}

        assert misses(adapter, "nn.BCEWithLogitsLoss(pos_weight=w, reduction='none')", inputs, dtype) == []


INF = np.inf
WALLS = np.array([[-INF, 1, 2], [-INF, 0, 0], [3, -INF, 1], [1, 2, 3.0]])
NOTHING = [0.0, 0.0, 0.0]
SCORES = np.array([[50, -50, 0], [1e4, -1e4, 3], [0, 0, 0], [-90, 90, 90.0]])


@pytest.mark.parametrize("dtype", WIDE)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(
    ("call", "inputs"),
    [
        ("F.cross_entropy(prediction, target", {"prediction": SCORES, "target": [1, 1, 2, 0]}),
        ("F.cross_entropy(prediction, target", {"prediction": WALLS, "target": [1, 0, 2, 0]}),
        ("F.cross_entropy(prediction, target, ignore_index=1", {"prediction": WALLS, "target": [1, 2, 2, 1]}),
        ("F.cross_entropy(prediction, target", {"prediction": WALLS, "target": np.eye(3)[[1, 0, 2, 0]]}),
        ("F.nll_loss(prediction, target", {"prediction": WALLS - 4, "target": [1, 0, 2, 0]}),
        ("F.nll_loss(prediction, target, weight=w", {"prediction": WALLS, "target": [1, 0, 2, 0], "w": [0, 1, 2.0]}),
        ("F.cross_entropy(prediction, target", {"prediction": SCORES, "target": [-100] * 4}),
        ("F.cross_entropy(prediction, target, weight=w", {"prediction": SCORES, "target": [1, 1, 2, 0], "w": NOTHING}),
        ("F.mse_loss(prediction, target, weight=w", {"prediction": [1.5, 2], "target": [0.5, 3], "w": [0.0, 0]}),
        ("F.huber_loss(prediction, target, weight=w", {"prediction": [1.5, 2], "target": [0.5, 3], "w": [0.0, 0]}),
        ("F.mse_loss(prediction, target", {"prediction": np.zeros(0), "target": np.zeros(0)}),
        ("F.kl_div(prediction, target", {"prediction": [-1, -INF, -INF, 0, -200.0], "target": [0, 0, 0.5, 1, 1e-3]}),
        ("F.kl_div(prediction, target, log_target=True",
         {"prediction": [-1, -INF, -INF, 0, -200.0], "target": [-INF, -INF, -0.5, 0, -200.0]}),
        ("F.kl_div(prediction, target", {"prediction": real(1, 5), "target": unit(7, 5)}),
        ("F.poisson_nll_loss(prediction, target", {"prediction": [0, 10, -50, 100, 1e4], "target": [0, 1, 2, 3, 4]}),
        ("F.gaussian_nll_loss(prediction, target, w",
         {"prediction": [0.5, 1, 2, 3], "target": [0.1, 3, 2, 1], "w": [0, 1e-9, 1e-6, 3]}),
    ],
)  # fmt: skip
def test_infinities_and_nothing_left_to_count_come_out_as_torch_has_them(call, inputs, reduction, dtype):
    text = f"{call}{', ' * bool(reduction)}{reduction})"

    assert misses(adapter, text, inputs, dtype) == []


KINKS = {"prediction": [0.0, 1, -1, 2, 0.5, 0.25, -0.25, 1.5], "target": [0.0] * 8}
SIDES = {"prediction": [0.0, 1, -1, 2, 0.5, 0.25], "b": [0.0, 1, -1, 1, 0, 0], "target": [1, -1, 1, -1, -1, -1]}
TIED = {"prediction": [[1.0, 0, 2], [1, 1, 1], [0, 3, 0]], "target": [0, 1, 1]}
ZEROS = {"prediction": [[1.0, 0], [0, 0], [3, 4]], "b": [[0.0, 1], [1, 1], [0, 0]], "target": [-1, -1, 1]}


@pytest.mark.parametrize("dtype", WIDE)
@pytest.mark.parametrize(
    ("text", "inputs"),
    [
        ("nn.L1Loss()", KINKS),
        ("nn.SmoothL1Loss()", KINKS),
        ("nn.SmoothL1Loss(beta=0.5)", KINKS),
        ("nn.SmoothL1Loss(beta=0)", KINKS),
        ("nn.HuberLoss(delta=0.25)", KINKS),
        ("nn.HingeEmbeddingLoss()", SIDES),
        ("nn.HingeEmbeddingLoss(margin=0.25)", SIDES),
        ("nn.MarginRankingLoss()(prediction, b, target)", SIDES),
        ("nn.MarginRankingLoss(margin=1.0)(prediction, b, target)", SIDES),
        ("nn.MultiMarginLoss()", TIED),
        ("nn.MultiMarginLoss(p=2)", TIED),
        ("nn.MultiLabelMarginLoss()", {**TIED, "target": [[0, -1, 1], [2, 1, -1], [-1, 0, 0]]}),
        ("nn.CosineEmbeddingLoss()(prediction, b, target)", ZEROS),
        ("F.cosine_similarity(prediction, b)", ZEROS),
        ("F.cosine_similarity(b, prediction, eps=0.5)", ZEROS),
        ("nn.CosineSimilarity(dim=0)(prediction, b)", ZEROS),
        ("F.triplet_margin_loss(prediction, b, b)", ZEROS),
    ],
)  # fmt: skip
def test_kinks_ties_and_zero_vectors_have_the_slopes_of_torch(text, inputs, dtype):
    assert misses(adapter, text, inputs, dtype) == []


@pytest.mark.parametrize("wrt", ["prediction", "weights", "bias"])
def test_the_logits_of_linear_cross_entropy_are_a_tree(wrt):
    inputs = {"prediction": real(7, 5), "weights": real(3, 5), "bias": real(3), "target": labels((7, 3)), "w": unit(3)}
    text = "F.linear_cross_entropy(prediction, weights, target, linear_bias=bias, weight=w, label_smoothing=0.1)"

    assert misses(adapter, text, inputs, "float32", wrt=wrt) == []


@pytest.mark.parametrize(
    ("given", "same"),
    [
        ("size_average=False", "sum"),
        ("size_average=True", "mean"),
        ("reduce=False", "none"),
        ("reduce=True, reduction='sum'", "mean"),
        ("size_average=False, reduce=True", "sum"),
        ("size_average=False, reduce=False", "none"),
    ],
)
def test_the_deprecated_arguments_override_reduction(given, same):
    inputs = INPUTS["logits"]((7, 5))

    assert declared(f"nn.MSELoss({given})", inputs) == declared(f"nn.MSELoss(reduction='{same}')", inputs)
    assert misses(adapter, f"nn.MSELoss({given})", inputs, "float32") == []


def test_two_spellings_of_one_loss_are_one_point():
    inputs = INPUTS["index"]((7, 5))

    assert declared("nn.CrossEntropyLoss(weight=w)", inputs) == declared(
        "F.cross_entropy(prediction, target, w)", inputs
    )


def test_one_hot_labels_divide_by_another_number_than_their_indices():
    inputs = {"prediction": SCORES, "target": [1, 1, 2, 0], "t": np.eye(3)[[1, 1, 2, 0]], "w": [0.2, 0.3, 0.5]}
    index = declared("F.cross_entropy(prediction, target, weight=w)", inputs)
    dense = declared("F.cross_entropy(prediction, t, weight=w)", inputs)

    assert (index.reduction.denominator, dense.reduction.denominator) == ("weights", "elements")


def test_a_bare_loss_of_three_arrays_takes_the_third_by_its_name():
    names = {"prediction", "target", "var"}
    spelled = parse("nn.GaussianNLLLoss()(prediction, target, var)", names)

    assert complete(parse("nn.GaussianNLLLoss()", names), names) == spelled
    with pytest.raises(CaseError, match="input2"):
        complete(parse("nn.CosineEmbeddingLoss()", names), names)


def test_a_call_that_has_one_of_its_arrays_is_not_bare():
    names = {"prediction", "target"}
    call = parse("F.mse_loss(prediction)", names)

    assert complete(call, names) == call


def test_every_torch_loss_of_the_catalog_is_put_to_torch_here():
    tested = {f"torch.nn.functional.{row[0]}" for row in LOSSES} | {f"torch.nn.{row[1]}" for row in LOSSES if row[1]}
    others = {"functional.linear_cross_entropy", "functional.cosine_similarity", "CosineSimilarity", "NLLLoss2d"}

    assert {path for path in APIS if path.startswith("torch.nn.")} == tested | {f"torch.nn.{name}" for name in others}
