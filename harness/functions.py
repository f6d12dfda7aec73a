"""The allow-list: every function, constant, method and attribute that a side's text may name.

Data only. A path is canonical: the module's full name, then the function (`torch.nn.functional.cross_entropy`). What
is not in these tables cannot be reached from a case file. A function belongs here when it maps arrays to arrays and
touches nothing else: no files, no callbacks by name, no in-place writing, no random numbers.
"""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


ALIASES = {
    "torch": "torch",
    "nn": "torch.nn",
    "F": "torch.nn.functional",
    "tf": "tensorflow",
    "tensorflow": "tensorflow",
    "keras": "keras",
    "jax": "jax",
    "jnp": "jax.numpy",
    "optax": "optax",
    "math": "math",
    "np": "numpy",
    "numpy": "numpy",
    "scipy": "scipy",
    "sklearn": "sklearn",
    "onnx": "onnx",
}

BUILTINS = frozenset({"abs", "bool", "float", "int", "len", "max", "min", "pow", "range", "round", "sum"})

# Names of Python that may stand uncalled, as a dtype: x.astype(float).
BUILTIN_TYPES = frozenset({"bool", "float", "int"})

_NUMPY_LIKE = """
    abs add all any arange argmax argmin argsort array asarray astype average atleast_1d atleast_2d
    broadcast_to ceil clip column_stack concatenate count_nonzero cos cosh cumprod cumsum diag diagonal divide dot
    einsum equal exp exp2 expand_dims expm1 eye flip float_power floor full full_like greater greater_equal heaviside
    hstack identity inner isfinite isin isinf isnan less less_equal linspace log log10 log1p log2 logaddexp logaddexp2
    logical_and logical_not logical_or logical_xor matmul max maximum mean median min minimum moveaxis multiply
    nan_to_num nanmax nanmean nanmin nansum negative not_equal ones ones_like outer pad permute_dims power prod ptp
    ravel reciprocal repeat reshape roll round sign sin size sort sqrt square squeeze stack std subtract sum swapaxes
    take take_along_axis tanh tensordot tile trace transpose tril triu unique var vdot vstack where zeros zeros_like
    linalg.norm
"""

_SPECIAL = "entr erf erfc expit gammaln kl_div log_ndtr log_softmax logit logsumexp rel_entr softmax xlog1py xlogy"

_KERAS_LOSS_FUNCTIONS = """
    binary_crossentropy binary_focal_crossentropy categorical_crossentropy categorical_focal_crossentropy
    categorical_generalized_cross_entropy categorical_hinge circle cosine_similarity ctc dice hinge huber
    kl_divergence log_cosh mean_absolute_error mean_absolute_percentage_error mean_squared_error
    mean_squared_logarithmic_error poisson sparse_categorical_crossentropy squared_hinge tversky
"""

# Those that optax has in both of its places; the others are in `optax.losses` only, whatever people write.
_OPTAX = """
    convex_kl_divergence cosine_distance cosine_similarity ctc_loss generalized_kl_divergence hinge_loss huber_loss
    kl_divergence l2_loss log_cosh ntxent safe_softmax_cross_entropy sigmoid_binary_cross_entropy sigmoid_focal_loss
    smooth_labels softmax_cross_entropy softmax_cross_entropy_with_integer_labels squared_error
"""
_OPTAX_LOSSES = """
    binary_dice_loss dice_loss kl_divergence_with_log_targets make_fenchel_young_loss multiclass_generalized_dice_loss
    multiclass_hinge_loss multiclass_perceptron_loss multiclass_sparsemax_loss perceptron_loss poly_loss_cross_entropy
    ranking_softmax_loss sparsemax_loss triplet_margin_loss
"""

_TABLE = {
    "torch.nn": """
        BCELoss BCEWithLogitsLoss CTCLoss CosineEmbeddingLoss CosineSimilarity CrossEntropyLoss GaussianNLLLoss
        HingeEmbeddingLoss HuberLoss KLDivLoss L1Loss LinearCrossEntropyLoss MSELoss MarginRankingLoss
        MultiLabelMarginLoss MultiLabelSoftMarginLoss MultiMarginLoss NLLLoss NLLLoss2d PairwiseDistance
        PoissonNLLLoss SmoothL1Loss SoftMarginLoss TripletMarginLoss TripletMarginWithDistanceLoss
        Flatten Identity LogSigmoid LogSoftmax ReLU Sigmoid Softmax Softmin Softplus Tanh
    """,
    "torch.nn.functional": """
        binary_cross_entropy binary_cross_entropy_with_logits cosine_embedding_loss cosine_similarity cross_entropy
        ctc_loss gaussian_nll_loss hinge_embedding_loss huber_loss kl_div l1_loss linear_cross_entropy
        margin_ranking_loss mse_loss multi_margin_loss multilabel_margin_loss multilabel_soft_margin_loss nll_loss
        pairwise_distance poisson_nll_loss smooth_l1_loss soft_margin_loss triplet_margin_loss
        triplet_margin_with_distance_loss
        elu gelu hardtanh leaky_relu log_softmax logsigmoid normalize one_hot pad relu silu softmax softmin
        softplus threshold
    """,
    "torch": """
        abs add all amax amin any arange argmax argmin argsort as_tensor atleast_1d bmm broadcast_to cat cdist ceil
        clamp clamp_max clamp_min column_stack cos cosh cosine_similarity count_nonzero cumprod cumsum diag
        diagonal div divide dot einsum empty_like eq erf erfc exp exp2 expm1 eye flatten flip float_power floor full
        full_like gather ge gt heaviside hstack index_select isfinite isin isinf isnan le lerp lgamma linspace log
        log10 log1p log2 log_softmax logaddexp logaddexp2 logical_and logical_not logical_or logical_xor logit
        logsumexp lt masked_fill masked_select matmul max maximum mean median min minimum mm movedim mul multiply mv
        nan_to_num nanmean nansum ne neg negative norm numel ones ones_like outer permute pow prod ravel reciprocal
        relu repeat_interleave reshape roll round rsqrt scalar_tensor scatter select sigmoid sign sin softmax sort sqrt
        square squeeze stack std sub subtract sum swapaxes t take take_along_dim tanh tensor tensordot tile topk trace
        transpose tril triu true_divide unbind unsqueeze var vdot vstack where xlogy zeros zeros_like finfo
        linalg.norm linalg.vector_norm
    """,
    "torch.special": "entr log_ndtr xlog1py",
    "torch.distributions": "Bernoulli Categorical Normal kl_divergence",
    "tensorflow": """
        abs add add_n argmax argmin argsort boolean_mask broadcast_to cast clip_by_value concat constant
        convert_to_tensor cos cosh cumsum divide einsum equal exp expand_dims eye fill floor gather gather_nd greater
        greater_equal identity less less_equal linspace logical_and logical_not logical_or matmul maximum minimum
        multiply negative norm not_equal one_hot ones ones_like pad pow rank range reduce_all reduce_any
        reduce_logsumexp reduce_max reduce_mean reduce_min reduce_prod reduce_sum repeat reshape reverse roll round
        shape sign sin size sort split sqrt square squeeze stack stop_gradient subtract tanh tensordot tile transpose
        truediv unstack where zeros zeros_like
    """,
    "tensorflow.math": """
        ceil count_nonzero cumprod divide_no_nan erf erfc expm1 is_finite is_inf is_nan lgamma log log1p log_sigmoid
        logical_xor mod multiply_no_nan reciprocal reciprocal_no_nan reduce_euclidean_norm reduce_std
        reduce_variance rsqrt squared_difference top_k xdivy xlog1py xlogy
    """,
    "tensorflow.nn": """
        compute_average_loss ctc_loss l2_loss log_poisson_loss sigmoid_cross_entropy_with_logits
        softmax_cross_entropy_with_logits sparse_softmax_cross_entropy_with_logits weighted_cross_entropy_with_logits
        elu gelu l2_normalize leaky_relu log_softmax moments relu sigmoid silu softmax softplus softsign
        weighted_moments
    """,
    "tensorflow.compat.v1.losses": """
        absolute_difference compute_weighted_loss cosine_distance hinge_loss huber_loss log_loss
        mean_pairwise_squared_error mean_squared_error sigmoid_cross_entropy softmax_cross_entropy
        sparse_softmax_cross_entropy
    """,
    "keras.losses": f"""
        BinaryCrossentropy BinaryFocalCrossentropy CTC CategoricalCrossentropy CategoricalFocalCrossentropy
        CategoricalGeneralizedCrossEntropy CategoricalHinge Circle CosineSimilarity Dice Hinge Huber KLDivergence
        LogCosh MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredError MeanSquaredLogarithmicError Poisson
        SparseCategoricalCrossentropy SquaredHinge Tversky
        {_KERAS_LOSS_FUNCTIONS}
    """,
    "keras.ops": """
        abs add all any arange argmax argmin argsort array average binary_crossentropy broadcast_to cast
        categorical_crossentropy ceil clip concatenate convert_to_numpy convert_to_tensor cos cosh count_nonzero
        ctc_loss cumprod cumsum diag diagonal divide divide_no_nan dot einsum elu equal erf exp exp2 expand_dims expm1
        eye flip floor full full_like gelu greater greater_equal hstack identity inner isfinite isin isinf isnan less
        less_equal linspace log log10 log1p log2 log_sigmoid log_softmax logaddexp logical_and logical_not logical_or
        logical_xor logsumexp matmul max maximum mean median min minimum mod moveaxis multiply nan_to_num negative
        norm normalize not_equal one_hot multi_hot ones ones_like outer pad power prod ravel reciprocal relu repeat
        reshape roll round rsqrt shape sigmoid sign silu sin size softmax softplus softsign sort
        sparse_categorical_crossentropy split sqrt square squeeze stack std stop_gradient subtract sum swapaxes take
        take_along_axis tanh tensordot tile top_k trace transpose tril triu true_divide unstack var vdot vstack where
        zeros zeros_like
    """,
    "keras.activations": "elu gelu leaky_relu linear log_sigmoid log_softmax relu sigmoid silu softmax softplus tanh",
    "keras.backend": "epsilon",
    "keras.regularizers": "L1 L2 L1L2",
    "keras.utils": "normalize to_categorical",
    "jax.numpy": _NUMPY_LIKE + " finfo float16 float32 float64 bfloat16 int32 int64",
    "jax.nn": """
        elu gelu leaky_relu log_sigmoid log_softmax logsumexp one_hot relu sigmoid silu soft_sign softmax softplus
        standardize tanh
    """,
    "jax.scipy.special": _SPECIAL,
    "jax.lax": "clamp cumsum log log1p logistic max min rsqrt select stop_gradient",
    "optax": _OPTAX,
    "optax.losses": _OPTAX_LOSSES,
    "numpy": _NUMPY_LIKE + " finfo float16 float32 float64 int32 int64",
    "scipy.special": _SPECIAL + " huber log1p log_expit expm1 pseudo_huber",
    "scipy.stats": "entropy norm.logpdf",
    "jax.scipy.stats": "norm.logpdf",
    "math": """
        ceil cos cosh erf erfc exp expm1 fabs floor lgamma log log10 log1p log2 pow sin sinh sqrt tanh
    """,
    "sklearn._loss": "HalfSquaredError",
    "sklearn.metrics": """
        brier_score_loss hamming_loss hinge_loss log_loss max_error mean_absolute_error
        mean_absolute_percentage_error mean_pinball_loss mean_squared_error mean_squared_log_error
        median_absolute_error root_mean_squared_error root_mean_squared_log_error zero_one_loss
    """,
    "onnx": "NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss",
}

FUNCTIONS = frozenset(f"{module}.{name}" for module, names in _TABLE.items() for name in names.split())

_DTYPES = "bfloat16 bool float16 float32 float64 int16 int32 int64 int8 uint8"

_CONSTANTS = {
    "torch": _DTYPES + " double float half inf int long nan newaxis pi e",
    "tensorflow": _DTYPES + " newaxis",
    "tensorflow.compat.v1.losses.Reduction": """
        MEAN NONE SUM SUM_BY_NONZERO_WEIGHTS SUM_OVER_BATCH_SIZE SUM_OVER_NONZERO_WEIGHTS
    """,
    "jax.numpy": _DTYPES + " bool_ e inf nan newaxis pi",
    "numpy": _DTYPES.replace("bfloat16", "") + " e inf nan newaxis pi bool_",
    "math": "e inf nan pi",
}

# Names that stand for a text, which is what a call is given: two spellings of one argument.
TEXTS = {
    "keras.losses.Reduction.AUTO": "auto",
    "keras.losses.Reduction.NONE": "none",
    "keras.losses.Reduction.SUM": "sum",
    "keras.losses.Reduction.SUM_OVER_BATCH_SIZE": "sum_over_batch_size",
}

CONSTANTS = frozenset(f"{module}.{name}" for module, names in _CONSTANTS.items() for name in names.split())

# Methods of NumPy and JAX arrays; torch tensors have them as well.
_ARRAY_METHODS = _names(
    """
    all any argmax argmin argsort clip conj cumprod cumsum diagonal dot flatten item max mean min nonzero prod ravel
    repeat reshape round sort squeeze std sum swapaxes take trace transpose var view
    """
)

# Methods that only NumPy-like arrays have.
_NUMPY_METHODS = frozenset({"astype", "copy", "tolist"})

# Methods that only torch tensors have: one of them settles whose tensors a text without any function is about.
TORCH_METHODS = _names(
    """
    abs add amax amin argwhere bfloat16 bmm bool broadcast_to ceil chunk clamp clamp_max clamp_min clone contiguous cos
    cosh count_nonzero cpu detach diag dim div divide double eq erf erfc exp exp2 expand expand_as expm1 flip float
    floor gather ge gt half index_select int isfinite isinf isnan le lerp lgamma log log10 log1p log2 log_softmax
    logaddexp logaddexp2 logical_and logical_not logical_or logical_xor logit logsumexp long lt masked_fill
    masked_select matmul maximum median minimum mm moveaxis movedim mul multiply mv nan_to_num nanmean nansum narrow ne
    neg negative new_full new_ones new_tensor new_zeros norm numel numpy outer permute pow reciprocal relu
    repeat_interleave roll rsqrt scatter select sigmoid sign sin sinh size softmax split sqrt square sub subtract t
    take_along_dim tanh tile to topk tril triu true_divide type type_as unbind unfold unsqueeze view_as where xlogy
    """
)

# Methods of a distribution of torch, which is made and asked in one expression.
DISTRIBUTION_METHODS = frozenset({"entropy", "log_prob"})

# Methods that write into their array, and what they are on one that the same expression makes.
WRITING_METHODS = {"clamp_": "clamp", "masked_fill_": "masked_fill", "scatter_": "scatter"}
MAKERS = _names("clone empty full full_like new_full new_ones new_zeros ones ones_like zeros zeros_like")

METHODS = _ARRAY_METHODS | _NUMPY_METHODS | TORCH_METHODS | DISTRIBUTION_METHODS

# What finfo has under names that are methods of an array.
FINFO_ATTRIBUTES = frozenset({"max", "min"})

ATTRIBUTES = _names("T eps dtype indices mT ndim nbytes shape size smallest_normal tiny values")

# Arguments that write into an array or change what is returned to something that is not one.
FORBIDDEN_ARGUMENTS = frozenset({"inplace", "like", "out", "subok"})

# Second names of one function, so that two spellings give one tree. Rules rewrite a prefix, synonyms a whole path.
PREFIXES = (
    ("tensorflow.keras.", "keras."),
    ("tensorflow.losses.Reduction.", "keras.losses.Reduction."),
    ("tensorflow.linalg.", "tensorflow."),
    ("keras.ops.linalg.", "keras.ops."),
    ("keras.ops.nn.", "keras.ops."),
    ("keras.ops.numpy.", "keras.ops."),
)

_SHORT_KERAS = {
    "kl_divergence": "kld KLD kullback_leibler_divergence",
    "log_cosh": "logcosh",
    "mean_absolute_error": "mae MAE",
    "mean_absolute_percentage_error": "mape MAPE",
    "mean_squared_error": "mse MSE",
    "mean_squared_logarithmic_error": "msle MSLE",
}

_OTHER_NAMES = (
    ("absolute", "abs"),
    ("amax", "max"),
    ("amin", "min"),
    ("concat", "concatenate"),
    ("pow", "power"),
    ("true_divide", "divide"),
)

SYNONYMS = {
    **{
        f"keras.losses.{short}": f"keras.losses.{name}" for name, all_ in _SHORT_KERAS.items() for short in all_.split()
    },
    **{f"{module}.{other}": f"{module}.{name}" for module in ("numpy", "jax.numpy") for other, name in _OTHER_NAMES},
    **{f"torch.special.{name}": f"torch.{name}" for name in _names("erf erfc exp2 expm1 log1p logit logsumexp xlogy")},
    **{f"optax.losses.{name}": f"optax.{name}" for name in _names(_OPTAX)},
    **{f"optax.{name}": f"optax.losses.{name}" for name in _names(_OPTAX_LOSSES)},
    "torch.special.expit": "torch.sigmoid",
    "torch.special.softmax": "torch.softmax",
    "torch.special.log_softmax": "torch.log_softmax",
    "torch.special.gammaln": "torch.lgamma",
    "torch.absolute": "torch.abs",
    "torch.concatenate": "torch.cat",
    "torch.concat": "torch.cat",
    "torch.clip": "torch.clamp",
    "torch.moveaxis": "torch.movedim",
    "keras.config.epsilon": "keras.backend.epsilon",
    "torch.nn.functional.sigmoid": "torch.sigmoid",
    "torch.nn.functional.tanh": "torch.tanh",
    "tensorflow.sigmoid": "tensorflow.nn.sigmoid",
    "keras.ops.absolute": "keras.ops.abs",
    "keras.ops.amax": "keras.ops.max",
    "keras.ops.amin": "keras.ops.min",
}

# Names that TensorFlow 2 offers as tf.losses.X are Keras losses, the others are those of version 1.
KERAS_LOSS_NAMES = _names(_TABLE["keras.losses"])
