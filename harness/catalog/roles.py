"""Which input of a case is the prediction: as the calls of the catalog read it, or as such inputs are called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from harness.catalog.api import Api, bind
from harness.errors import CaseError
from harness.records import InputArray
from harness.syntax import Apply, Call, Node
from harness.trees import inputs_of, walk

TARGET_NAMES = (
    "target", "targets", "label", "labels", "y", "y_true", "true", "truth", "gt", "ground_truth", "expected", "actual",
    "t", "q", "one_hot",
)  # fmt: skip
PREDICTION_NAMES = (
    "prediction", "predictions", "predicted", "pred", "preds", "y_pred", "y_hat", "yhat", "logits", "logit", "output",
    "outputs", "scores", "score", "probs", "p", "x", "input", "inputs",
)  # fmt: skip
WEIGHT_NAMES = ("w", "weight", "weights", "sample_weight", "class_weight", "pos_weight", "mask", "m")


def predicted(
    trees: Iterable[Node], inputs: Mapping[str, InputArray], api_of: Callable[[Node], Api | None]
) -> str | None:
    """The input that is read as the prediction; None where that leaves a choice."""
    if "prediction" in inputs:
        return "prediction"
    real = {name for name, array in inputs.items() if not array.integral}
    ways = (
        {name for tree in trees for name in _by_roles(tree, api_of)} & real,
        {name for name in real if name.lower() in PREDICTION_NAMES},
        {name for name in real if name.lower() not in TARGET_NAMES + WEIGHT_NAMES},
        real,
    )
    return next((name for names in ways if len(names) == 1 for name in names), None)


def _by_roles(tree: Node, api_of: Callable[[Node], Api | None]) -> Iterator[str]:
    """The one input that a call of the catalog is given as its prediction."""
    for node in walk(tree):
        api = api_of(node)
        if not isinstance(node, Call | Apply) or api is None:
            continue
        try:
            bound = bind(api, node)
        except CaseError:
            continue  # Asked of another release, whose arguments are not those of the catalog.
        given = {role: inputs_of(bound[name]) for role, name in api.roles.items() if name in bound}
        names = given.get("prediction", frozenset()) - given.get("target", frozenset())
        if len(names) == 1:
            yield from names
