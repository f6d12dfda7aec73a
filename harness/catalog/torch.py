"""The losses of torch.nn and torch.nn.functional (2.13): one row per loss, which is a function and a class."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from harness.catalog import torch_classes as classes
from harness.catalog import torch_pairs as pairs
from harness.catalog import torch_regression as regression
from harness.catalog.api import Api, Arguments, Plain
from harness.semantics import Semantics

_LEGACY = "size_average reduce reduction"
_WEIGHTED = f"weight {_LEGACY}"
_INDEXED = "weight size_average ignore_index reduce reduction"
_PAIR = {"prediction": "input", "target": "target"}
_TWO = {"prediction": "input1", "input2": "input2", "target": "target"}
_THREE = {"prediction": "anchor", "positive": "positive", "negative": "negative"}


@dataclass(frozen=True, slots=True)
class Row:
    """One loss in its two spellings.

    Attributes:
        function: Name in torch.nn.functional.
        name: Name of the class in torch.nn.
        options: What the constructor takes, in order; the function takes it behind its arrays.
        declare: Arguments to Semantics.
        family: For lists and filters.
        roles: Role to parameter; the parameters are the arrays, in order.
        defaults: Of the options, beside reduction="mean".
        functional: Options that only the function has; they come last.
        index: How the target is known to hold class indices.
    """

    function: str
    name: str
    options: str
    declare: Callable[[Arguments], Semantics]
    family: str
    roles: Mapping[str, str] = field(default_factory=lambda: _PAIR)
    defaults: Mapping[str, Plain] = field(default_factory=dict)
    functional: str = ""
    index: str = "never"


ROWS = (
    Row("binary_cross_entropy", "BCELoss", _WEIGHTED, classes.binary_cross_entropy, "binary"),
    Row("binary_cross_entropy_with_logits", "BCEWithLogitsLoss", f"{_WEIGHTED} pos_weight",
        classes.binary_cross_entropy_with_logits, "binary"),
    Row("soft_margin_loss", "SoftMarginLoss", _LEGACY, classes.soft_margin, "binary"),
    Row("multilabel_soft_margin_loss", "MultiLabelSoftMarginLoss", _WEIGHTED, classes.multilabel_soft_margin, "binary"),
    Row("cross_entropy", "CrossEntropyLoss", f"{_INDEXED} label_smoothing", classes.cross_entropy, "categorical",
        defaults={"ignore_index": -100, "label_smoothing": 0.0}, index="by-shape"),
    Row("nll_loss", "NLLLoss", _INDEXED, classes.nll, "categorical", defaults={"ignore_index": -100}, index="always"),
    Row("kl_div", "KLDivLoss", f"{_LEGACY} log_target", classes.kl_div, "divergence", defaults={"log_target": False}),
    Row("multi_margin_loss", "MultiMarginLoss", f"p margin {_WEIGHTED}", classes.multi_margin, "margin",
        defaults={"p": 1, "margin": 1.0}, index="always"),
    Row("multilabel_margin_loss", "MultiLabelMarginLoss", _LEGACY, classes.multilabel_margin, "margin", index="always"),
    Row("hinge_embedding_loss", "HingeEmbeddingLoss", f"margin {_LEGACY}", classes.hinge_embedding, "margin",
        defaults={"margin": 1.0}),
    Row("margin_ranking_loss", "MarginRankingLoss", f"margin {_LEGACY}", pairs.margin_ranking, "margin", _TWO,
        {"margin": 0.0}),
    Row("cosine_embedding_loss", "CosineEmbeddingLoss", f"margin {_LEGACY}", pairs.cosine_embedding, "margin", _TWO,
        {"margin": 0.0}),
    Row("triplet_margin_loss", "TripletMarginLoss", f"margin p eps swap {_LEGACY}", pairs.triplet_margin, "margin",
        _THREE, {"margin": 1.0, "p": 2.0, "eps": 1e-6, "swap": False}),
    Row("mse_loss", "MSELoss", _LEGACY, regression.error("squared", weights_divide=True), "regression",
        functional="weight"),
    Row("l1_loss", "L1Loss", _LEGACY, regression.error("absolute", weights_divide=True), "regression",
        functional="weight"),
    Row("smooth_l1_loss", "SmoothL1Loss", f"{_LEGACY} beta", regression.error("smooth-l1", "beta"), "regression",
        defaults={"beta": 1.0}),
    Row("huber_loss", "HuberLoss", "reduction delta", regression.error("huber", "delta"), "regression",
        defaults={"delta": 1.0}, functional="weight"),
    Row("poisson_nll_loss", "PoissonNLLLoss", "log_input full size_average eps reduce reduction",
        regression.poisson_nll, "regression", defaults={"log_input": True, "full": False, "eps": 1e-8}),
    Row("gaussian_nll_loss", "GaussianNLLLoss", "full eps reduction", regression.gaussian_nll, "regression",
        {**_PAIR, "var": "var"}, {"full": False, "eps": 1e-6}),
)  # fmt: skip


def _function(row: Row) -> Api:
    parameters = (*row.roles.values(), *row.options.split(), *row.functional.split())
    return Api(f"torch.nn.functional.{row.function}", "torch", parameters, row.roles, row.declare,
               {"reduction": "mean", **row.defaults}, index_target=row.index, family=row.family)  # fmt: skip


def _class(row: Row) -> Api:
    return Api(f"torch.nn.{row.name}", "torch", tuple(row.options.split()), row.roles, row.declare,
               {"reduction": "mean", **row.defaults}, tuple(row.roles.values()), row.index, row.family)  # fmt: skip


_COSINE = {"prediction": "x1", "target": "x2"}
_COSINE_DEFAULTS: dict[str, Plain] = {"dim": 1, "eps": 1e-8}

# What has no twin of the same signature.
SINGLE = (
    Api("torch.nn.NLLLoss2d", "torch", tuple(_INDEXED.split()), _PAIR, classes.nll,
        {"reduction": "mean", "ignore_index": -100}, ("input", "target"), "always", "categorical"),
    Api("torch.nn.functional.linear_cross_entropy", "torch",
        ("input", "linear_weight", "target", "linear_bias", "weight", "reduction", "ignore_index", "label_smoothing",
         "options"),
        {"prediction": "input", "linear_weight": "linear_weight", "target": "target"}, classes.linear_cross_entropy,
        {"reduction": "mean", "label_smoothing": 0.0}, index_target="by-shape", family="categorical"),
    Api("torch.nn.CosineSimilarity", "torch", ("dim", "eps"), _COSINE, pairs.cosine_similarity, _COSINE_DEFAULTS,
        ("x1", "x2"), family="similarity"),
    *(Api(path, "torch", ("x1", "x2", "dim", "eps"), _COSINE, pairs.cosine_similarity, _COSINE_DEFAULTS,
          family="similarity")
      for path in ("torch.nn.functional.cosine_similarity", "torch.cosine_similarity")),
)  # fmt: skip

APIS = (*map(_function, ROWS), *map(_class, ROWS), *SINGLE)
