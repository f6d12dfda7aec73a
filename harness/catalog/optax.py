"""The losses of optax 0.2.8: one row per loss. Hardly any reduces over the batch; people write `.mean()` behind it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from harness.catalog import optax_classes as classes
from harness.catalog import optax_regression as regression
from harness.catalog.api import Api, Arguments, Plain
from harness.naming import canonical
from harness.semantics import Semantics

Declare = Callable[[Arguments], Semantics | None]
_AXIS: dict[str, Plain] = {"axis": -1}
_DICE: dict[str, Plain] = {"smooth": 1.0, "reduction": "mean"}


@dataclass(frozen=True, slots=True)
class Row:
    """One loss.

    Attributes:
        name: Name in optax.
        arrays: Parameters that are the prediction and the target.
        declare: Arguments to Semantics.
        family: For lists and filters.
        options: Further parameters, in order; keyword-only ones, too.
        defaults: Of the options.
        index: Whether the target holds class indices.
    """

    name: str
    arrays: str
    declare: Declare
    family: str
    options: str = ""
    defaults: Mapping[str, Plain] = field(default_factory=dict)
    index: str = "never"


ROWS = (
    Row("sigmoid_binary_cross_entropy", "logits labels", classes.sigmoid, "binary"),
    Row("sigmoid_focal_loss", "logits labels", classes.focal, "binary", "alpha gamma", {"gamma": 2.0}),
    Row("softmax_cross_entropy", "logits labels", classes.softmax, "categorical", "axis where", _AXIS),
    Row("safe_softmax_cross_entropy", "logits labels", classes.safe_softmax, "categorical"),
    Row("poly_loss_cross_entropy", "logits labels", classes.poly, "categorical", "epsilon axis where",
        {"epsilon": 2.0, **_AXIS}),
    Row("softmax_cross_entropy_with_integer_labels", "logits labels", classes.integer_labels, "categorical",
        "axis where", _AXIS, "always"),
    Row("ranking_softmax_loss", "logits labels", classes.ranking, "categorical", "where weights reduce_fn"),
    Row("kl_divergence", "log_predictions targets", partial(regression.divergence, "kl", "targets"), "divergence",
        "axis where", _AXIS),
    Row("kl_divergence_with_log_targets", "log_predictions log_targets",
        partial(regression.divergence, "kl", "log_targets"), "divergence", "axis where", _AXIS),
    *(Row(name, "log_predictions targets", partial(regression.divergence, "generalised-kl", "targets"), "divergence",
          "axis where", _AXIS)
      for name in ("generalized_kl_divergence", "convex_kl_divergence")),
    Row("hinge_loss", "predictor_outputs targets", partial(classes.margin_of, 1.0), "margin"),
    Row("perceptron_loss", "predictor_outputs targets", partial(classes.margin_of, 0.0), "margin"),
    Row("multiclass_hinge_loss", "scores labels", partial(classes.multiclass_margin, 1.0), "margin", index="always"),
    Row("multiclass_perceptron_loss", "scores labels", partial(classes.multiclass_margin, 0.0), "margin",
        index="always"),
    Row("squared_error", "predictions targets", partial(regression.error, "squared"), "regression"),
    Row("l2_loss", "predictions targets", regression.half_squared, "regression"),
    Row("huber_loss", "predictions targets", regression.huber, "regression", "delta", {"delta": 1.0}),
    Row("log_cosh", "predictions targets", partial(regression.error, "log-cosh"), "regression"),
    Row("cosine_similarity", "predictions targets", regression.similarity, "similarity", "epsilon axis where",
        {"epsilon": 0.0, **_AXIS}),
    Row("cosine_distance", "predictions targets", regression.distance, "similarity", "epsilon axis where",
        {"epsilon": 0.0, **_AXIS}),
    Row("dice_loss", "predictions targets", regression.dice, "overlap",
        "class_weights smooth alpha beta apply_softmax reduction ignore_background axis",
        {**_DICE, "alpha": 0.5, "beta": 0.5, "apply_softmax": True, "ignore_background": False}),
    Row("binary_dice_loss", "predictions targets", regression.binary_dice, "overlap", "smooth apply_sigmoid",
        {**_DICE, "apply_sigmoid": True}),
)  # fmt: skip


def _api(row: Row) -> Api:
    prediction, target = row.arrays.split()
    return Api(canonical(f"optax.losses.{row.name}"), "jax", (prediction, target, *row.options.split()),
               {"prediction": prediction, "target": target}, row.declare, row.defaults, index_target=row.index,
               family=row.family)  # fmt: skip


APIS = tuple(map(_api, ROWS))
