"""How every function and method that an expression may name is written: what `test_readings.py` puts to frameworks.

A row has names, or paths where a framework has a signature of its own, and after the colon arguments for them, with |
between one call and the next; `{f}` stands for the function where more than a call is written. `{axis}` and `{keep}`
are `dim` and `keepdim` in torch. `!` marks what is asked as it stands only, and not its square as well.
"""

import numpy as np

RNG = np.random.default_rng(29)

# x, y, w: reals without ties. z: zeros, ones and ties. u: between 0 and 1. p, q: distributions. n: nan and infinities.
# e, h: many rows. m: a mask, k: labels, i: positions, d: divisors with zeros; v, a, b, c: a vector, a matrix and two stacks of matrices.
INPUTS = {
    "x": RNG.normal(0.0, 1.5, (3, 5)),
    "y": RNG.normal(0.0, 1.0, (3, 5)),
    "w": RNG.uniform(0.5, 2.0, (3, 5)),
    "z": np.array([[0.0, 1.0, 1.0, -1.0, 0.0], [2.0, 0.0, 2.0, -2.0, 1.0], [-1.0, -1.0, 0.0, 0.5, 2.0]]),
    "u": RNG.uniform(0.1, 0.9, (3, 5)),
    "p": RNG.dirichlet(np.full(5, 2.0), 3),
    "q": RNG.dirichlet(np.full(5, 2.0), 3),
    "n": np.array([[np.nan, 1.0, -np.inf], [2.0, np.inf, -1.0]]),
    "o": np.array([[np.nan, 1.0, 0.5], [2.0, np.nan, -1.0]]),
    "d": np.array([[2.0, 0.0, -1.0, 0.5, 0.0], [1.0, 3.0, 0.0, -2.0, 4.0], [0.0, 1.5, 2.5, 0.0, 1.0]]),
    "g": RNG.uniform(0.3, 6.0, (3, 5)),
    "v": RNG.normal(0.0, 1.0, 5),
    "a": RNG.normal(0.0, 1.0, (5, 4)),
    "b": RNG.normal(0.0, 1.0, (2, 3, 5)),
    "c": RNG.normal(0.0, 1.0, (2, 5, 4)),
    "e": RNG.normal(0.0, 1.0, (30, 4)),
    "h": RNG.normal(0.0, 1.0, (28, 4)),
    "m": RNG.integers(0, 2, (3, 5)),
    "k": np.array([1, 4, 2]),
    "i": np.array([[0, 3], [4, 1], [2, 2]]),
}

FUNCTIONS = """
abs cos cosh exp exp2 expm1 negative neg sign sin sinh square tanh erf erfc ceil floor hardtanh unique: x | z
elu gelu leaky_relu relu sigmoid silu softsign soft_sign softplus log_sigmoid logsigmoid logistic expit log_expit: x | z | 4 * x
log log2 log10 log1p sqrt rsqrt reciprocal: u | 4 * u
lgamma gammaln: g
log_ndtr: x | 2 * z
entr logit: u
sum mean reduce_sum reduce_mean amax amin reduce_max reduce_min: x | x, {axis}=1 | x, {axis}=0, {keep}=True | z | z, {axis}=1 | b, {axis}=(0, 2)
split unstack unbind: {f}(x)[1] | {f}(x, {axis}=1)[1]
logsumexp reduce_logsumexp: x, {axis}=1 | b, {axis}=(0, 2) | x, {axis}=0, {keep}=True
std var reduce_std reduce_variance: x | x, {axis}=1 | x, {axis}=0, {keep}=True
max min: x | x, {axis}=1 | z | z, {axis}=1 | b, {axis}=2, {keep}=True
prod reduce_prod: x | x, {axis}=1 | d, {axis}=1
all any reduce_all reduce_any: m > 0 | m > 0, {axis}=1
count_nonzero: z | z, {axis}=1
nansum nanmean nanmax nanmin: o | o, {axis}=1
nan_to_num: !n | n, nan=3.0, posinf=2.0, neginf=-2.0
isnan isinf isfinite is_nan is_inf is_finite: n
median: x | x, {axis}=1 | z, {axis}=0 | y[:, :4], {axis}=1
ptp: x | z, axis=1
average: x | x, axis=1, weights=v
cumsum cumprod: x, {axis}=1 | z, {axis}=0
argmax argmin: x | x, {axis}=1
argsort sort: x, {axis}=1
add subtract sub multiply mul divide div true_divide truediv logaddexp logaddexp2 squared_difference: x, y | x, w | x, 0.7 * y
maximum minimum: x, y | z, z * z
equal not_equal greater greater_equal less less_equal eq ne gt ge lt le: z, 0.0 | x, y
logical_and logical_or logical_xor: z > 0, m > 0
logical_not: m > 0
pow power float_power: w, 3 | w, 0.3 | x, 2 | x, 3 | w, y
xlogy xdivy xlog1py: x, w | z, w
rel_entr kl_div: p, q
entropy: p, axis=1 | p, q, axis=1
mod: x, 0.7 | x, w
divide_no_nan multiply_no_nan: x, d
reciprocal_no_nan: d
huber: 1.0, x
pseudo_huber: 0.7, x
heaviside: z, y
lerp: x, y, 0.3 | x, y, w
round: 3 * x | z / 2
threshold: x, 0.5, 0.2 | z, 1.0, 7.0
softmax log_softmax softmin: x, {axis}=1 | x, {axis}=0
clip clip_by_value: x, -0.5, 0.7 | z, 0.0, 1.0
clamp: x, -0.5, 0.7 | z, 0.0, 1.0 | x, min=0.3
clamp_min: z, 0.0
clamp_max: z, 1.0
matmul: x, a | b, c | x, v | v, a
dot: x, a | x, v | b, a
inner: x, y | v, v
vdot: v, v | x, y
outer: v, v
einsum: 'nc,nc->n', x, y | 'nc,cd->nd', x, a | 'nc,nc', x, y | 'bij,bjk->bik', b, c | 'ij->ji', x | 'ii->i', a[:4] | 'ij->j', x | 'ij,kj,jl->il', x, y, a | '...j,j->...', b, v
tensordot: x, a, 1 | x, y, 2 | b, c, ((0, 2), (0, 1))
mv: x, v
mm: x, a
bmm: b, c
cdist: x, y | x, y, p=1.0 | z, z | e, h | e, e[:3]
trace ravel flatten atleast_1d atleast_2d stop_gradient transpose t zeros_like ones_like size numel shape rank ndim detach linear: x
diagonal triu: x | x, 1
identity eye: 3
diag: x | v | v, 1
tril: x | x, -1
flip: x, axis=1
reverse: x, axis=[1]
roll: x, 2, 1 | x, 1, 0
tile: x, (2, 1)
repeat: x, 2, axis=1
repeat_interleave: x, 2, {axis}=1
reshape: x, (5, 3) | x, (-1,)
permute_dims permute: b, (2, 0, 1)
swapaxes: b, 0, 2
moveaxis movedim: b, 1, -1 | b, (0, 1), (1, 2)
squeeze: x[:, None] | x[:, None], {axis}=1
expand_dims unsqueeze: x, 1
broadcast_to: x, (2, 3, 5)
concatenate cat concat stack: [x, y], {axis}=1 | [x, y]
hstack vstack column_stack: [x, y] | [v, v]
pad: x, [[1, 0], [2, 1]]
take: x, k | x, k, axis=1
take_along_axis: x, i, axis=1 | x, k[:, None], axis=1
take_along_dim: x, i, {axis}=1 | x, k[:, None], 1
gather: x, 1, i | x, 1, k[:, None]
index_select: x, 1, k
select: x, 1, 2
masked_select: x, m > 0
masked_fill: x, m > 0, 0.3
where: m > 0, x, y | m > 0, x, 0.3
boolean_mask: x, m > 0 | x, k > 1
gather_nd: x, i[:, :1] // 2 | x, k[:, None] // 2
isin: z, v | z, z[0]
full_like: x, 0.3
zeros ones: (2, 3)
full fill: (2, 3), 0.3
arange: 5 | 1, 7, 2 | 0.0, 1.0, 0.3
range: 5
linspace: 0.1, 0.9, 7
one_hot to_categorical: k, 5
multi_hot: i, 5
array asarray tensor as_tensor constant convert_to_tensor convert_to_numpy: x | [0.1, 0.2]
scalar_tensor: 0.3
cast astype: x, 'float32'
log_cosh cosine_similarity: x, y
smooth_labels: p, 0.1
normalize standardize: x | x, axis=0
jax.nn.standardize: x | x, axis=0 | x, 1, mean=0.3, variance=w
l2_normalize: x, axis=1 | x
pairwise_distance: x, y | x, y, 1.0 | x, y, keepdim=True
add_n: [x, y, z]
moments: {f}(x, [1])[0] | {f}(x, [1])[1] | {f}(x, [0, 1], keepdims=True)[1]
weighted_moments: {f}(x, [1], w)[0] | {f}(x, [1], w)[1]
top_k: {f}(x, 2)[0] | {f}(x, 2)[1]
topk: {f}(x, 2)[0] | {f}(x, 2, dim=0)[1]
norm: x | x, axis=1 | x, 1, axis=1 | x, 3, axis=1
vector_norm: x | x, {axis}=1 | x, 1, {axis}=1
math.ceil math.cos math.cosh math.erf math.erfc math.exp math.expm1 math.fabs math.floor math.lgamma math.log10 math.log1p math.log2 math.sin math.sinh math.sqrt math.tanh: 0.3
math.log: 5 | 5, 2
math.pow: 0.3, 1.7
keras.backend.epsilon:
torch.scatter: x, 1, i, 0.3 | x, 1, i, y | x, 1, k[:, None], w
scipy.stats.norm.logpdf jax.scipy.stats.norm.logpdf: x | x, y, w | x, loc=0.3, scale=1.7
torch.softmax torch.log_softmax: x, 1
torch.logsumexp: x, 1 | b, (0, 2)
torch.norm: x | x, 2, 1 | x, p=1, dim=1 | 0 * x
torch.linalg.norm: x | x, dim=1 | x, 1, dim=1
torch.std: x | x, 1 | x, dim=1, unbiased=False | x, dim=0, correction=0 | 0 * x
torch.var: x | x, 1 | x, dim=1, unbiased=False
torch.max: x | z | x, y | {f}(x, 1)[0] | {f}(z, dim=0).values | {f}(x, 1, keepdim=True)[0]
torch.min: x | z | x, y | {f}(z, 1)[0] | {f}(x, 0).indices
torch.dot torch.vdot keras.ops.vdot: v, v
torch.trace tensorflow.identity tensorflow.size tensorflow.shape keras.activations.gelu keras.activations.log_softmax: x
torch.reshape: x, (5, 3)
torch.transpose: b, 0, 2
torch.take: x, k
torch.sort: {f}(x)[0] | {f}(x, dim=0, descending=True).values | {f}(x, 1)[1]
torch.median: x | z | {f}(x, 1)[0] | {f}(z, dim=0).values | {f}(x, 0).indices
torch.count_nonzero: z | z, dim=1
torch.zeros: 2, 3 | (2, 3)
torch.ones: 2, 3
torch.logit: u | u, eps=0.3 | z, eps=0.3
torch.where jax.lax.select: m > 0, x, y
torch.maximum torch.minimum tensorflow.minimum keras.ops.maximum keras.ops.minimum jax.lax.max: x, y | z, z * z
torch.take_along_dim: x, i, 1 | x, k[:, None], dim=1
torch.heaviside: z, y
torch.repeat_interleave: x, 2, 1 | x, 2
torch.roll: x, 2, 1 | x, 3
torch.isin: z, z[0]
torch.cumprod: x, 1 | z, 1 | d, 1
torch.squeeze numpy.squeeze jax.numpy.squeeze: x[:, None] | x[:, None], 1
torch.pow: w, 3 | w, 0.3 | w, y | 2, y
torch.flip: x, (1,) | x, dims=[0, 1]
torch.linspace tensorflow.linspace: 0.1, 0.9, 7
torch.diagonal numpy.flip numpy.size jax.numpy.flip jax.numpy.size: x | x, 1
torch.nn.functional.normalize: x | x, dim=0 | x, p=1.0, dim=1 | x, dim=-1, eps=2.0 | 0 * x
torch.nn.functional.pad: x, (1, 2) | x, (1, 2, 0, 1), value=0.3 | b, (1, 1), 'reflect'
torch.nn.functional.one_hot: k | k, 7
torch.nn.functional.softplus: x | x, 2.0 | 9 * x
torch.nn.functional.softmax: x, dim=1 | x, dim=0
torch.nn.functional.hardtanh: x | z | x, -0.5, 0.7
torch.nn.functional.gelu: x | x, approximate='tanh'
torch.nn.functional.elu: x | z, 0.5
torch.nn.functional.leaky_relu: x | z, 0.3
torch.masked_select: x, m > 0
torch.lerp: x, y, 0.3 | x, y, w
torch.sum tensorflow.reduce_max: x | x, {axis}=1 | x, {axis}=0, {keep}=True | z | z, {axis}=1 | b, {axis}=(0, 2)
torch.all: m > 0 | m > 0, dim=1
torch.full: (2, 3), 0.3 | (2, 3), 2
torch.eye keras.ops.eye numpy.eye jax.numpy.eye: 3 | 3, 5
tensorflow.math.reduce_euclidean_norm tensorflow.argmax tensorflow.argmin keras.ops.flip numpy.cumsum jax.numpy.cumsum jax.scipy.special.logsumexp: x | x, axis=1
tensorflow.gather: x, k, axis=1 | x, k // 2 | x, k, axis=1, batch_dims=1 | x, i, batch_dims=1 | b, k, axis=2
tensorflow.matmul: x, a | b, c | x, y, transpose_b=True | x, y, transpose_a=True
tensorflow.pad: x, [[1, 0], [2, 1]] | x, [[1, 0], [2, 1]], 'REFLECT' | x, [[1, 0], [2, 1]], constant_values=0.3
tensorflow.one_hot: k, 5 | k, 5, on_value=0.9, off_value=0.1
tensorflow.split: {f}(x[:, :4], 2, axis=1)[1] | {f}(x, [1, 4], axis=1)[0]
tensorflow.repeat: x, 2, axis=1 | x, 2
tensorflow.cumsum: x | x, axis=1, reverse=True | x, 1, True
tensorflow.math.cumprod: x, axis=1 | x, 1, True
tensorflow.cast: x, tf.float32
tensorflow.norm: x | x, axis=1 | x, ord=1, axis=1
tensorflow.sort tensorflow.argsort: x | x, direction='DESCENDING'
tensorflow.tensordot: x, a, 1 | x, y, 2 | b, c, [[0, 2], [0, 1]]
tensorflow.transpose: x | b, [2, 0, 1] | b, perm=[2, 0, 1]
tensorflow.nn.gelu keras.ops.gelu: x | x, approximate=True
tensorflow.boolean_mask: x, m > 0 | x, k > 1
tensorflow.roll: x, 2, 1
tensorflow.zeros: (2, 3)
tensorflow.nn.elu keras.activations.leaky_relu jax.nn.leaky_relu: x | z
tensorflow.stack keras.ops.stack: [x, y] | [x, y], axis=1
tensorflow.concat: [x, y], 1 | [x, y], axis=0
tensorflow.reverse: x, [1]
tensorflow.pow: w, 3.0 | w, 0.3 | w, y
tensorflow.range: 5 | 1, 7, 2
tensorflow.eye: 3
tensorflow.squeeze: x[:, None] | x[:, None], axis=1
tensorflow.constant keras.ops.array: [0.1, 0.2]
tensorflow.maximum: x, y | z, z * z | z, 1.0
keras.ops.split: {f}(x[:, :4], 2, axis=1)[1] | {f}(x, [1, 3], axis=1)[1]
keras.ops.pad: x, [[1, 0], [2, 1]] | x, [[1, 0], [2, 1]], mode='reflect' | x, [[1, 0], [2, 1]], constant_values=0.3
keras.ops.take: x, k | x, k, axis=1
keras.ops.logsumexp scipy.special.logsumexp: x | x, axis=1 | x, axis=0, keepdims=True
keras.ops.norm: x | x, axis=1 | x, 1, axis=1
keras.ops.normalize: x | x, axis=0 | x, order=1
keras.ops.cast: x, 'float32'
keras.ops.average: x | x, axis=1, weights=w
keras.ops.clip: x, -0.5, 0.7 | z, 0.0, 1.0
keras.ops.transpose: x | b, axes=(2, 0, 1)
keras.ops.one_hot: k, 5 | k, 5, axis=0
keras.ops.elu keras.activations.elu jax.nn.elu: x | z | z, 0.5
keras.activations.relu: x | z | x, negative_slope=0.3, max_value=1.0, threshold=0.2
keras.ops.take_along_axis: x, i, axis=1 | x, k[:, None], axis=1
keras.ops.tile: x, (2, 1)
keras.ops.mod: x, 0.7 | x, w
keras.ops.trace numpy.trace jax.numpy.trace: x | b, axis1=0, axis2=1
keras.ops.power: w, 3 | w, 0.3 | w, y
keras.utils.to_categorical: k, 5
keras.utils.normalize keras.activations.softmax numpy.sort numpy.argsort jax.numpy.sort jax.numpy.argsort jax.nn.softmax jax.scipy.special.softmax scipy.special.softmax: x | x, axis=0
keras.ops.median: x | x, {axis}=1 | z, {axis}=0
keras.ops.dot numpy.dot jax.numpy.dot: x, a | x, v | b, a | b, c
keras.ops.count_nonzero: z | z, axis=1
keras.ops.multi_hot: i, 5
numpy.linalg.norm: x | x, axis=1 | x, 1, axis=1 | x, np.inf, axis=1
numpy.pad jax.numpy.pad: x, [[1, 0], [2, 1]] | x, ((1, 0), (2, 1)), mode='edge' | x, ((1, 0), (2, 1)), constant_values=0.3
numpy.mean jax.numpy.mean: x | x, {axis}=1 | x, {axis}=0, {keep}=True | z | z, {axis}=1 | b, {axis}=(0, 2) | x, where=m > 0 | x, axis=1, where=z < 1
numpy.sum jax.numpy.sum: x | x, {axis}=1 | x, {axis}=0, {keep}=True | z | z, {axis}=1 | b, {axis}=(0, 2) | x, where=m > 0 | x, axis=1, where=m > 0
numpy.max jax.numpy.max: x | x, {axis}=1 | x, {axis}=0, {keep}=True | z | z, {axis}=1 | b, {axis}=(0, 2) | x, where=m > 0, initial=0.0
numpy.var jax.numpy.var: x | x, axis=1 | x, axis=1, ddof=1 | x, where=m > 0
numpy.std jax.numpy.std: x | x, axis=1, ddof=1
numpy.any jax.numpy.any: m > 0 | m > 0, axis=1 | m > 0, where=z > 0
numpy.round jax.numpy.round: 3 * x | z / 2 | 3 * x, 2 | x, decimals=1
numpy.roll jax.numpy.roll: x, 2, 1 | x, 3 | x, (1, 2), (0, 1)
numpy.cumprod jax.numpy.cumprod: x, axis=1 | z, axis=1
numpy.take jax.numpy.take: x, k | x, k, axis=1 | x, 7 * k, axis=1, mode='clip'
numpy.transpose jax.numpy.transpose: x | b, (2, 0, 1)
numpy.expand_dims jax.numpy.expand_dims: x, 1 | x, (0, 2)
numpy.repeat jax.numpy.repeat: x, 2 | x, 2, axis=1
numpy.tile jax.numpy.tile: x, 2 | x, (2, 1)
jax.numpy.linalg.norm: x | x, axis=1 | x, 1, axis=1 | x, jnp.inf, axis=1
jax.lax.cumsum: x, axis=1 | x, axis=1, reverse=True
jax.lax.clamp: -0.5, x, 0.7 | 0.0, z, 1.0
jax.lax.min: x, y
jax.nn.logsumexp: x | x, axis=1 | b, axis=(0, 2)
jax.nn.gelu: x | x, approximate=False
jax.nn.one_hot: k, 5 | k, 3 | k, 5, axis=0
optax.losses.triplet_margin_loss: x, y, w
sklearn.metrics.hamming_loss: k, i[:, 0] | m, z > 0
sklearn.metrics.zero_one_loss: k, i[:, 0]
sklearn.metrics.max_error: v, x[0]
sklearn.metrics.median_absolute_error sklearn.metrics.root_mean_squared_error: v, x[0] | x, y
sklearn.metrics.root_mean_squared_log_error: u, w
tensorflow.compat.v1.losses.compute_weighted_loss: x | x, w | x, z | x, w, reduction='weighted_sum'
"""

# Methods of torch's tensors and of JAX' arrays.
METHODS = """
abs amax amin ceil cos cosh erf erfc exp exp2 expm1 floor neg negative relu sigmoid sign sin sinh sqrt square tanh: T(u).{m}()
log log10 log1p log2 logit reciprocal rsqrt lgamma: T(u).{m}()
add sub subtract mul multiply div divide true_divide maximum minimum logaddexp logaddexp2 pow xlogy: T(w).{m}(y)
eq ne gt ge lt le: T(x).{m}(0.0)
logical_and logical_or logical_xor: (T(x) > 0).{m}(T(y) > 0)
logical_not: (T(x) > 0).logical_not()
sum mean amax amin std var norm: T(x).{m}(dim=1)
max min median sort: T(x).{m}(dim=1)[0]
max min median: T(z).{m}()
sum mean max min prod std var cumsum cumprod argmax argmin argsort sort: J(x).{m}(axis=1)
all any: (T(x) > 0).{m}() | (J(x) > 0).{m}(axis=1)
argmax argmin argsort cumsum cumprod prod nansum nanmean: T(x).{m}(1)
logsumexp softmax log_softmax: T(x).{m}(1)
clamp clip: T(x).{m}(-0.5, 0.7)
clip: J(x).clip(-0.5, 0.7)
clamp_min: T(x).clamp_min(0.3)
clamp_max: T(x).clamp_max(0.3)
bmm matmul: T(b).{m}(c)
mm: T(x).mm(a)
mv matmul: T(x).{m}(v)
dot outer: T(v).{m}(v)
broadcast_to expand: T(x).{m}((2, 3, 5))
expand: T(x)[None].expand(2, -1, -1)
expand_as view_as: T(x).{m}(y)
type_as: T(m).type_as(x) * x
chunk: T(x).chunk(2, 1)[1]
split: T(x).split(2, 1)[2]
unbind: T(x).unbind(1)[3]
clone contiguous cpu detach conj flatten ravel t numel dim size bool int long half bfloat16 float double: T(x).{m}()
item: T(x).sum().item()
numpy: T(x).detach().numpy()
tolist: !T(x).detach().tolist()
copy flatten ravel: J(x).{m}()
to type: T(x).{m}(torch.float32)
astype: J(x).astype("float32")
count_nonzero isfinite isinf isnan: T(z).{m}()
argwhere nonzero: T(z).{m}()
diag: T(v).diag()
diagonal trace tril triu: T(x).{m}()
flip: T(x).flip(1)
gather: T(x).gather(1, i)
index_select: T(x).index_select(1, k)
lerp: T(x).lerp(y, 0.3)
masked_fill: T(x).masked_fill(T(m) > 0, 0.3)
masked_select: T(x).masked_select(T(m) > 0)
where: T(x).where(T(m) > 0, y)
movedim moveaxis: T(b).{m}(1, -1)
nan_to_num: !T(n).nan_to_num()
narrow: T(x).narrow(1, 2, 2)
new_full: T(x).new_full((2, 3), 0.3)
new_ones new_zeros: T(x).{m}(2, 3)
new_tensor: T(x).new_tensor([0.25, 0.5])
permute: T(b).permute(2, 0, 1)
swapaxes transpose: T(b).{m}(1, 2)
transpose: J(b).transpose(2, 0, 1) | J(b).transpose()
repeat: T(x).repeat(2, 1) | J(x).repeat(2, axis=1)
repeat_interleave: T(x).repeat_interleave(2, 1)
reshape view: T(x).{m}(5, 3) | T(x).{m}(-1)
roll: T(x).roll(2, 1)
round: T(3 * x).round() | J(3 * x).round()
scatter: T(x).scatter(1, i, 0.5) | torch.zeros_like(x).scatter_(1, i, 0.5) + x
select: T(x).select(1, 2)
squeeze: T(x)[:, None].squeeze(1) | J(x)[:, None].squeeze(1)
take: T(x).take(k)
take_along_dim: T(x).take_along_dim(i, 1)
tile: T(x).tile(2, 1)
topk: T(x).topk(2)[0]
unfold: T(x).unfold(1, 2, 3)
unsqueeze: T(x).unsqueeze(1)
"""

# Modules of torch, made and applied at once.
MODULES = """
torch.nn.CosineSimilarity: {f}()(x, y) | {f}(dim=0, eps=1e-3)(x, y)
torch.nn.Flatten: {f}()(b) | {f}(0, 1)(b)
torch.nn.Identity torch.nn.LogSigmoid torch.nn.ReLU torch.nn.Sigmoid torch.nn.Softplus torch.nn.Tanh: {f}()(x)
torch.nn.LogSoftmax torch.nn.Softmax torch.nn.Softmin: {f}(dim=1)(x) | {f}(0)(x)
torch.nn.PairwiseDistance: {f}()(x, y) | {f}(1.0, keepdim=True)(x, y)
torch.nn.Softplus: {f}(2.0, 1.0)(x)
"""

# What is no call of one function: operators, Python's own functions, distributions, attributes.
FORMS = """
x % 0.7 | x // 0.7 | x @ a | x ** 3 | 2 ** y | -x | x / 0.3 | 0.3 * x | (x > 0) & (y > 0) | ~(x > 0)
pow(x, 2) | abs(x) | sum([x, y]) | max(len(x), 4) * x | round(0.7) * x | T(x).mT | T(x).T | T(x).shape[1] * x
T(x).max(1).values | T(x).sort(1).indices | torch.finfo(torch.float32).eps * x | torch.finfo(torch.float32).max / 1e30 * x
torch.distributions.Normal(x, w).log_prob(y) | torch.distributions.Normal(x, w).entropy()
torch.distributions.Categorical(logits=x).log_prob(k) | torch.distributions.Categorical(p).log_prob(k)
torch.distributions.Categorical(logits=x).entropy() | torch.distributions.Bernoulli(logits=x).log_prob(m)
torch.distributions.Bernoulli(u).log_prob(m) | torch.distributions.Bernoulli(u).entropy()
torch.distributions.kl_divergence(torch.distributions.Normal(x, w), torch.distributions.Normal(y, 1.3))
torch.distributions.kl_divergence(torch.distributions.Categorical(logits=x), torch.distributions.Categorical(p))
torch.distributions.kl_divergence(torch.distributions.Bernoulli(u), torch.distributions.Bernoulli(p))
math.log(5) * x | np.log(2.0) * T(x) | F.softmax(x) | F.softmax(b) | T(x).half().float() | 1 - T(x).half() * 0.3
keras.losses.MeanSquaredError(reduction=keras.losses.Reduction.SUM)(x, y) | tf.reduce_mean(tf.cast(x > 0, tf.float32))
tf.reduce_sum(keras.losses.mean_squared_error(x, y)) | keras.backend.epsilon() + keras.ops.abs(x)
x[:, 1:3] | x[..., ::2] | x[[0, 2]] | x[m > 0] | x[:, None] | x[np.arange(3), k] | T(x)[:, -1]
"""


def rows(table):
    """(names, texts) of every row."""
    for line in table.strip().splitlines():
        names, _, texts = line.partition(":")
        yield names.split(), [text.strip() for text in texts.split(" | ")]


def spelled(text):
    """`T(x)` is a tensor of torch, and `J(x)` an array of JAX."""
    return text.replace("T(", "torch.as_tensor(").replace("J(", "jnp.asarray(")


def calls():
    """Every path of the table, and the texts that call it."""
    listed = {}
    for names, texts in rows(FUNCTIONS):
        for name in names:
            listed.setdefault(name, []).extend(texts)
    return listed


def of_path(path, listed):
    """The texts that call one function."""
    torch = path.startswith("torch")
    words = {"f": path, "axis": "dim" if torch else "axis", "keep": "keepdim" if torch else "keepdims"}
    found = listed.get(path, listed.get(path.rpartition(".")[2], ()))
    return [(text if "{f}" in text else f"{{f}}({text})").format(**words) for text in found]
