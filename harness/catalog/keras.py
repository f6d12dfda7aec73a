"""The losses of Keras 3.15 on its tensorflow backend: one row per loss, which is a class and a function.

The order of a constructor's parameters is its own; it says where `reduction`, `name` and `dtype` stand.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from harness.catalog import keras_entropy as entropy
from harness.catalog import keras_regression as regression
from harness.catalog.api import Api, Arguments, Plain
from harness.semantics import Semantics

_ROLES = {"prediction": "y_pred", "target": "y_true", "sample_weight": "sample_weight"}
_OPTIONS = "reduction name dtype"
_SMOOTHED = "from_logits label_smoothing axis"
_SMOOTHED_DEFAULTS: dict[str, Plain] = {"from_logits": False, "label_smoothing": 0.0, "axis": -1}
_FOCAL: dict[str, Plain] = {"alpha": 0.25, "gamma": 2.0, **_SMOOTHED_DEFAULTS}


@dataclass(frozen=True, slots=True)
class Row:
    """One loss in its two spellings.

    Attributes:
        name: Name of the class.
        function: Name of the function.
        declare: Arguments to Semantics.
        family: For lists and filters.
        options: What the function takes behind its arrays, in order.
        constructor: What the constructor takes, in order; empty for the options, then reduction, name and dtype.
        defaults: Of the options.
        index: Whether the target holds class indices.
    """

    name: str
    function: str
    declare: Callable[[Arguments], Semantics | None]
    family: str
    options: str = ""
    constructor: str = ""
    defaults: Mapping[str, Plain] = field(default_factory=dict)
    index: str = "never"


ROWS = (
    Row("BinaryCrossentropy", "binary_crossentropy", entropy.binary, "binary", _SMOOTHED, defaults=_SMOOTHED_DEFAULTS),
    Row("BinaryFocalCrossentropy", "binary_focal_crossentropy", entropy.binary_focal, "binary",
        f"apply_class_balancing alpha gamma {_SMOOTHED}", defaults={"apply_class_balancing": False, **_FOCAL}),
    Row("CategoricalCrossentropy", "categorical_crossentropy", entropy.categorical, "categorical", _SMOOTHED,
        defaults=_SMOOTHED_DEFAULTS),
    Row("CategoricalFocalCrossentropy", "categorical_focal_crossentropy", entropy.categorical_focal, "categorical",
        f"alpha gamma {_SMOOTHED}", defaults=_FOCAL),
    Row("SparseCategoricalCrossentropy", "sparse_categorical_crossentropy", entropy.sparse, "categorical",
        "from_logits ignore_class axis", "from_logits ignore_class reduction axis name dtype",
        {"from_logits": False, "ignore_class": None, "axis": -1}, "always"),
    Row("CategoricalGeneralizedCrossEntropy", "categorical_generalized_cross_entropy", entropy.generalised,
        "categorical", "q", defaults={"q": 0.5}, index="always"),
    Row("KLDivergence", "kl_divergence", entropy.kl_divergence, "divergence"),
    Row("Poisson", "poisson", regression.poisson, "regression"),
    Row("MeanSquaredError", "mean_squared_error", regression.mean_squared, "regression"),
    Row("MeanAbsoluteError", "mean_absolute_error", regression.mean_absolute, "regression"),
    Row("MeanAbsolutePercentageError", "mean_absolute_percentage_error", regression.absolute_percentage, "regression"),
    Row("MeanSquaredLogarithmicError", "mean_squared_logarithmic_error", regression.squared_logarithmic, "regression"),
    Row("Huber", "huber", regression.huber, "regression", "delta", defaults={"delta": 1.0}),
    Row("LogCosh", "log_cosh", regression.log_cosh, "regression"),
    Row("CosineSimilarity", "cosine_similarity", regression.cosine, "similarity", "axis", defaults={"axis": -1}),
    Row("Hinge", "hinge", regression.hinge, "margin"),
    Row("SquaredHinge", "squared_hinge", regression.squared_hinge, "margin"),
    Row("CategoricalHinge", "categorical_hinge", regression.categorical_hinge, "margin"),
    Row("Dice", "dice", regression.dice, "overlap", "axis", "reduction name axis dtype", {"axis": None}),
    Row("Tversky", "tversky", regression.tversky, "overlap", "alpha beta axis", "alpha beta reduction name axis dtype",
        {"alpha": 0.5, "beta": 0.5, "axis": None}),
)  # fmt: skip


def _class(row: Row) -> Api:
    constructor = row.constructor or f"{row.options} {_OPTIONS}"
    defaults = {**row.defaults, "reduction": "sum_over_batch_size"}
    return Api(f"keras.losses.{row.name}", "keras", tuple(constructor.split()), _ROLES, row.declare, defaults,
               ("y_true", "y_pred", "sample_weight"), row.index, row.family)  # fmt: skip


def _function(row: Row) -> Api:
    roles = {"prediction": "y_pred", "target": "y_true"}
    return Api(f"keras.losses.{row.function}", "keras", ("y_true", "y_pred", *row.options.split()), roles, row.declare,
               row.defaults, index_target=row.index, family=row.family)  # fmt: skip


def _operation(name: str, declare: Callable[[Arguments], Semantics], options: str, index: str, family: str) -> Api:
    """A function of keras.ops, whose arrays have other names."""
    roles = {"prediction": "output", "target": "target"}
    defaults: dict[str, Plain] = {"from_logits": False, **({"axis": -1} if "axis" in options else {})}
    return Api(f"keras.ops.{name}", "keras", ("target", "output", *options.split()), roles, _renamed(declare), defaults,
               index_target=index, family=family)  # fmt: skip


def _renamed(declare: Callable[[Arguments], Semantics]) -> Callable[[Arguments], Semantics]:
    names = {"output": "y_pred", "target": "y_true"}

    def declared(a: Arguments) -> Semantics:
        nodes = {names.get(name, name): node for name, node in a.nodes.items()}
        return declare(Arguments(nodes, a.defaults, a.describe, a.dtype, a.where))

    return declared


OPERATIONS = (
    _operation("binary_crossentropy", entropy.binary_elementwise, "from_logits", "never", "binary"),
    _operation("categorical_crossentropy", entropy.categorical, "from_logits axis", "never", "categorical"),
    _operation("sparse_categorical_crossentropy", entropy.sparse, "from_logits axis", "always", "categorical"),
)
APIS = (*map(_class, ROWS), *map(_function, ROWS), *OPERATIONS)
