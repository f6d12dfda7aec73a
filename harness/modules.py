"""Modules of torch that are a function with some arguments given: `nn.Softmax(dim=1)(x)` is `F.softmax(x, dim=1)`."""

from collections.abc import Mapping

from harness.syntax import Apply, Call, Literal, Node

# Module → the function that it calls, and the module's parameters, in order, as the function's keywords.
MODULES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "torch.nn.CosineSimilarity": ("torch.nn.functional.cosine_similarity", ("dim", "eps")),
    "torch.nn.Flatten": ("torch.flatten", ("start_dim", "end_dim")),
    "torch.nn.Identity": ("torch.as_tensor", ()),
    "torch.nn.LogSigmoid": ("torch.nn.functional.logsigmoid", ()),
    "torch.nn.LogSoftmax": ("torch.nn.functional.log_softmax", ("dim",)),
    "torch.nn.PairwiseDistance": ("torch.nn.functional.pairwise_distance", ("p", "eps", "keepdim")),
    "torch.nn.ReLU": ("torch.nn.functional.relu", ()),
    "torch.nn.Sigmoid": ("torch.sigmoid", ()),
    "torch.nn.Softmax": ("torch.nn.functional.softmax", ("dim",)),
    "torch.nn.Softmin": ("torch.nn.functional.softmin", ("dim",)),
    "torch.nn.Softplus": ("torch.nn.functional.softplus", ("beta", "threshold")),
    "torch.nn.Tanh": ("torch.tanh", ()),
}

# What a module does when it is not told, where its function does something else.
_DEFAULTS: Mapping[str, Mapping[str, Node]] = {"torch.nn.Flatten": {"start_dim": Literal(1)}}


def as_function(node: Node) -> Call | None:
    """The call that a module comes to which is made and applied at once; None for everything else."""
    match node:
        case Apply(Call(path, made, options), args, kwargs) if path in MODULES and len(made) <= len(MODULES[path][1]):
            function, names = MODULES[path]
            given = {**_DEFAULTS.get(path, {}), **dict(zip(names, made, strict=False)), **dict(options)}
            return Call(function, args, (*kwargs, *given.items()))
        case _:
            return None
