"""What the choices of the space are called, by the value that stands for them in `semantics.py`."""

FAMILIES = {
    "cross-entropy": "cross-entropy",
    "kl": "Kullback–Leibler divergence",
    "generalised-kl": "generalised KL divergence",
    "entropy": "entropy",
    "squared": "squared error",
    "absolute": "absolute error",
    "huber": "Huber",
    "smooth-l1": "smooth L1: Huber divided by its width",
    "log-cosh": "log cosh of the error",
    "quantile": "quantile loss",
    "squared-log": "squared error of the logarithms",
    "absolute-percentage": "absolute error as a part of the target",
    "symmetric-percentage": "absolute error as a part of target and prediction together",
    "poisson": "Poisson likelihood",
    "gaussian-nll": "likelihood of a normal distribution",
    "gaussian-kl": "KL divergence of a normal distribution from the standard one",
    "logistic": "logistic: log(1 + e^−sx)",
    "hinge": "hinge",
    "squared-hinge": "squared hinge",
    "hinge-embedding": "hinge of a distance",
    "multi-margin": "hinge against every other class",
    "multilabel-margin": "hinge of every label against every other class",
    "categorical-hinge": "hinge against the best other class",
    "crammer-singer": "hinge against the best class (Crammer and Singer)",
    "generalised-cross-entropy": "generalised cross-entropy",
    "cosine": "cosine similarity",
    "dice": "Dice overlap",
    "iou": "intersection over union",
    "tversky": "Tversky overlap",
    "prediction": "the prediction itself",
}
CHAINS = {
    (): "taken as it is",
    ("exp",): "log-probabilities, exponentiated",
    ("sigmoid",): "sigmoid of logits",
    ("softmax",): "softmax of logits",
    ("softmax", "softmax"): "softmax applied twice",
    ("sigmoid", "sigmoid"): "sigmoid applied twice",
    ("sigmoid", "softmax"): "softmax of sigmoid",
    ("softmax", "sigmoid"): "sigmoid of softmax",
    ("l2-normalise",): "scaled to length 1",
}
PROBABILITIES = {
    ("softmax",): "softmax applied to what is already a distribution",
    ("sigmoid",): "sigmoid applied to what is already a probability",
    (): "probabilities, taken as they are",
}
ENCODINGS = {
    "index": "class indices",
    "dense": "used as it stands",
    "signed": "±1",
    "signed-if-not-binary": "±1, or 0 and 1 where it holds nothing else",
    "log": "log-probabilities",
    "ranked": "labels, in their sorted order",
    "index-list": "lists of class indices",
}
BAD_INDICES = {
    "raise": "an error",
    "nan": "nan",
    "zero": "counts 0",
    "wrap": "counted from the end where it is negative",
    "clip": "the nearest class is taken",
}
SMOOTHINGS = {
    "uniform": "spread over all K classes",
    "binary": "half of it to either outcome",
    "others": "spread over the K − 1 other classes",
    "added": "spread over all classes, and the label keeps its own part",
}
FLOORS = {
    "floor": "at least {}",
    "epsilon": "{} added",
    "zero_target": "what has target 0 is left out",
    "log_zero": "log 0 taken as {}",
    "under_root": "{} added under the root",
    "added": "{} added to what it divides by",
    "inside": "{} added inside the logarithms",
}
# What a parameter is called, and what it is where a side does not say; flags are the two things that they choose from.
PARAMETERS: dict[str, tuple[str, float | None]] = {
    "delta": ("δ = {}", 1.0),
    "beta": ("β = {}", 1.0),
    "alpha": ("α = {}", 0.5),
    "quantile": ("q = {}", 0.5),
    "q": ("q = {}", 0.5),
    "margin": ("margin {}", 1.0),
    "power": ("to the power {}", 1.0),
    "smooth": ("{} added above and below", 0.0),
    "variance": ("variance = {}", 1.0),
}
FLAGS = {
    "full": ("without its constant", "with its constant"),
    "both": ("labels other than the two count nothing", "labels other than the two count for both"),
    "distance": ("−cosine", "1 − cosine"),
    "unit": ("divided by the lengths", "lengths taken for 1"),
    "floor_on_square": ("the floor is under the length", "the floor is under the squared length"),
    "squared": ("sums in the denominator", "sums of squares in the denominator"),
}
DENOMINATORS = {
    "elements": "the number of all elements",
    "samples": "the number of samples",
    "kept": "the number of those not ignored",
    "weights": "the sum of the weights used",
    "weights-unbroadcast": "the sum of the weights as given",
    "nonzero-weights": "the number of non-zero weights",
}
CLASSES = {
    "sum": "sum over classes",
    "mean": "mean over classes",
    "none": "classes kept apart",
    "flat": "classes not told from samples",
}
REDUCTIONS = {"sum": "sum", "mean": "mean", "none": "not reduced"}
ROOTS = {"none": "as it is", "each": "the square root of each", "whole": "the square root of the whole"}
KINKS = {
    "abs": "|x| at 0",
    "relu": "max(0, x) at 0",
    "max": "max(a, b) at a = b",
    "norm": "‖x‖ at 0",
    "xlogy": "x log x at 0",
    "softplus": "log(1 + eˣ) at 0",
    "log": "a log x that does not count",
}
SLOPES_OUTSIDE = {
    "zero": "slope 0 where it holds",
    "through": "the slope passes through",
    "half": "slope 0 where it holds, half of it on the boundary",
    "floored": "slope (p − t) / max(p(1 − p), 1e-12)",
}
