"""Every call of the catalog as one would write it, with names for the inputs that it cannot do without."""

from __future__ import annotations

from collections.abc import Mapping

from harness.catalog.api import Api
from harness.trees import spelling

# Arguments, beside prediction and target, without which a call is none.
NEEDED: Mapping[str, str] = {
    "tensorflow.nn.weighted_cross_entropy_with_logits": "pos_weight=2.5",
    "tensorflow.compat.v1.losses.cosine_distance": "axis=-1",
    "torch.nn.functional.gaussian_nll_loss": "var=variance",
    "keras.losses.categorical_generalized_cross_entropy": "q=0.5",
}
# Calls of more or fewer arrays than a prediction and a target.
ARRAYS: Mapping[str, str] = {
    "tensorflow.nn.l2_loss": "prediction",
    "torch.nn.functional.linear_cross_entropy": "prediction, w, target",
    "torch.nn.GaussianNLLLoss": "prediction, target, variance",
    "torch.nn.MarginRankingLoss": "prediction, other, target",
    "torch.nn.functional.margin_ranking_loss": "prediction, other, target",
    "torch.nn.CosineEmbeddingLoss": "prediction, other, target",
    "torch.nn.functional.cosine_embedding_loss": "prediction, other, target",
    "torch.nn.TripletMarginLoss": "prediction, positive, negative",
    "torch.nn.functional.triplet_margin_loss": "prediction, positive, negative",
}


def call_of(api: Api) -> str:
    """The call with its defaults."""
    name = spelling(api.path)
    roles = {parameter: role for role, parameter in api.roles.items() if role in ("prediction", "target")}
    arrays = ARRAYS.get(api.path) or ", ".join(
        f"{parameter}={roles[parameter]}" if not api.call and api.framework == "sklearn" else roles[parameter]
        for parameter in (api.call or api.parameters)
        if parameter in roles
    )
    needed = NEEDED.get(api.path, "")
    return f"{name}({needed})({arrays})" if api.call else f"{name}({', '.join(filter(None, (arrays, needed)))})"
