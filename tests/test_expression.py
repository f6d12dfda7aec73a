"""The expression language: what it reads, what it refuses and where, and that it never does anything else."""

import math

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from harness.errors import CaseError
from harness.expression import canonical, framework_of, inputs_of, parse, render, substitute, walk
from harness.functions import ATTRIBUTES, BUILTINS, CONSTANTS, FUNCTIONS, METHODS, SYNONYMS
from harness.grammar import MAX_DEPTH, MAX_LENGTH, MAX_NODES
from harness.syntax import (
    Apply,
    Attribute,
    Binary,
    Call,
    Constant,
    Ellipsis_,
    Index,
    Input,
    Literal,
    Method,
    Sequence,
    Slice,
    Unary,
)

X, Y = Input("x"), Input("y")
INPUTS = ("x", "y", "w", "prediction", "target")


def error_of(text):
    with pytest.raises(CaseError) as caught:
        parse(text, INPUTS)
    return caught.value


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("x", X),
        ("F.mse_loss(x, y)", Call("torch.nn.functional.mse_loss", (X, Y))),
        ("torch.nn.BCELoss()", Call("torch.nn.BCELoss")),
        ("nn.BCELoss()(x, y)", Apply(Call("torch.nn.BCELoss"), (X, Y))),
        ("torch.nn.functional.mse_loss", Constant("torch.nn.functional.mse_loss")),
        (
            "F.mse_loss(x, y, reduction='sum')",
            Call("torch.nn.functional.mse_loss", (X, Y), (("reduction", Literal("sum")),)),
        ),
        ("x.sum(-1)", Method(X, "sum", (Literal(-1),))),
        ("x.T", Attribute(X, "T")),
        ("-x", Unary("-", X)),
        ("-2", Literal(-2)),
        ("-2 ** 2", Unary("-", Binary("**", Literal(2), Literal(2)))),
        ("1 - x * y", Binary("-", Literal(1), Binary("*", X, Y))),
        ("x == 1", Binary("==", X, Literal(1))),
        ("not x", Unary("not", X)),
        ("x[0]", Index(X, (Literal(0),))),
        ("x[:, None]", Index(X, (Slice(), Literal(None)))),
        ("x[..., 1:-1:2]", Index(X, (Ellipsis_(), Slice(Literal(1), Literal(-1), Literal(2))))),
        ("x[[0, 1], y]", Index(X, (Sequence((Literal(0), Literal(1))), Y))),
        ("x[()]", Index(X, ())),
        ("(x,)", Sequence((X,), "tuple")),
        ("sum([x, y])", Call("sum", (Sequence((X, Y)),))),
        ("x.astype(float)", Method(X, "astype", (Constant("float"),))),
        ("x.to(torch.float16)", Method(X, "to", (Constant("torch.float16"),))),
        ("np.inf", Constant("numpy.inf")),
        ("math.pi", Constant("math.pi")),
        ("pow(x, 2)", Call("pow", (X, Literal(2)))),
        ("torch.finfo(torch.float32).max", Attribute(Call("torch.finfo", (Constant("torch.float32"),)), "max")),
        ("keras.losses.Reduction.SUM", Literal("sum")),
        ("tf.losses.Reduction.NONE", Literal("none")),
        ("float('-inf')", Literal(-math.inf)),
        ("  x +\n    y\n", Binary("+", X, Y)),
    ],
)
def test_a_text_is_read_into_its_tree(text, tree):
    assert tree == parse(text, INPUTS)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("F.cross_entropy(x, y)", "torch.nn.functional.cross_entropy(x, y)"),
        ("tf.keras.losses.BinaryCrossentropy()(y, x)", "keras.losses.BinaryCrossentropy()(y, x)"),
        ("tf.losses.BinaryCrossentropy()(y, x)", "keras.losses.BinaryCrossentropy()(y, x)"),
        ("tf.losses.mse(y, x)", "keras.losses.mean_squared_error(y, x)"),
        ("tf.losses.log_loss(y, x)", "tf.compat.v1.losses.log_loss(y, x)"),
        ("optax.losses.huber_loss(x, y)", "optax.huber_loss(x, y)"),
        ("tf.math.exp(x)", "tf.exp(x)"),
        ("tf.math.softmax(x)", "tf.nn.softmax(x)"),
        ("tf.sigmoid(x)", "tf.nn.sigmoid(x)"),
        ("np.absolute(x)", "numpy.abs(x)"),
        ("jnp.log(x)", "jax.numpy.log(x)"),
        ("torch.special.expit(x)", "torch.sigmoid(x)"),
        ("tf.keras.backend.epsilon()", "keras.backend.epsilon()"),
        ("keras.config.epsilon()", "keras.backend.epsilon()"),
        ("tf.keras.losses.Reduction.SUM", "keras.losses.Reduction.SUM"),
        ("torch.zeros_like(x).scatter_(1, y, 1)", "torch.zeros_like(x).scatter(1, y, 1)"),
        ("x.clone().masked_fill_(y, 0)", "x.clone().masked_fill(y, 0)"),
        ("x [0 ]", "x[0]"),
        ("(x)+(y)", "x + y"),
    ],
)
def test_two_spellings_of_one_expression_are_one_tree(one, other):
    assert parse(other, INPUTS) == parse(one, INPUTS)


def test_every_name_on_the_allow_list_is_its_own_canonical_name():
    assert {path: canonical(path) for path in FUNCTIONS | CONSTANTS if canonical(path) != path} == {}


def test_every_second_name_leads_to_a_name_on_the_allow_list():
    assert {name for name in SYNONYMS.values() if name not in FUNCTIONS} == set()
    assert {name for name in SYNONYMS if name in FUNCTIONS} == set()


@pytest.mark.parametrize(
    ("text", "slug", "line", "column"),
    [
        ("", "bad-expression", 1, 1),
        ("  \n ", "bad-expression", 1, 1),
        ("x +", "bad-expression", 1, 4),
        ("(x", "bad-expression", 1, 1),
        ("x = y", "bad-expression", 1, 3),
        ("x; y", "bad-expression", 1, 2),
        ("import os", "bad-expression", 1, 1),
        ("x) + (y", "bad-expression", 1, 2),
        ("x\n+ zz", "unknown-name", 2, 3),
        ("x + é", "unknown-name", 1, 5),
        ("'é' + zz", "unknown-name", 1, 7),
        ("os.system('ls')", "unknown-name", 1, 1),
        ("torch", "unknown-name", 1, 1),
        ("torch.nn", "unknown-function", 1, 1),
        ("1 + torch.nn.BCELos()", "unknown-function", 1, 5),
        ("log(x)", "unknown-function", 1, 1),
        ("eval('1')", "unknown-function", 1, 1),
        ("open('x')", "unknown-function", 1, 1),
        ("torch.load('x')", "unknown-function", 1, 1),
        ("np.fromfile('x')", "unknown-function", 1, 1),
        ("torch.nn.functional.nn", "unknown-function", 1, 1),
        ("x.system()", "unknown-method", 1, 3),
        ("x.shapes", "unknown-method", 1, 3),
        ("x.mean", "unknown-method", 1, 3),
        ("x.mean().tofile('f')", "unknown-method", 1, 10),
        ("x.scatter_(1, y, 1)", "unknown-method", 1, 3),
        ("x.view(3, -1).clamp_(0)", "unknown-method", 1, 15),
        ("torch.zeros(3).fill_(x)", "unknown-method", 1, 16),
        ("x.max", "unknown-method", 1, 3),
        ("math.factorial(10)", "unknown-function", 1, 1),
        ("math.comb(10, 2)", "unknown-function", 1, 1),
        ("math", "unknown-name", 1, 1),
        ("scipy.stats.norm.rvs(x)", "unknown-function", 1, 1),
        ("scipy.stats.norm(x)", "unknown-function", 1, 1),
        ("torch.distributions.Normal(x, y).sample()", "unknown-method", 1, 34),
        ("keras.backend.set_epsilon(1)", "unknown-function", 1, 1),
        ("keras.losses.Reduction", "unknown-function", 1, 1),
        ("x(1)", "not-callable", 1, 1),
        ("np.log(x)(y)", "not-callable", 1, 1),
        ("torch.nn.BCELoss()(x, y)(x)", "not-callable", 1, 1),
        ("(1)(2)", "not-callable", 1, 2),
        ("__import__('os')", "forbidden-name", 1, 1),
        ("__builtins__", "forbidden-name", 1, 1),
        ("().__class__", "forbidden-name", 1, 4),
        ("x.__class__.__mro__", "forbidden-name", 1, 13),
        ("np.log(x).__reduce__()", "forbidden-name", 1, 11),
        ("torch.__dict__", "forbidden-name", 1, 7),
        ("torch._C", "forbidden-name", 1, 7),
        ("np.log(x, out=x)", "forbidden-argument", 1, 11),
        ("F.relu(x, inplace=True)", "forbidden-argument", 1, 11),
        ("np.log(x, __a=1)", "forbidden-argument", 1, 11),
        ("lambda: x", "forbidden-syntax", 1, 1),
        ("np.sum([v for v in x])", "forbidden-syntax", 1, 8),
        ("sum(v for v in x)", "forbidden-syntax", 1, 4),
        ("(x := y)", "forbidden-syntax", 1, 2),
        ("f'{x}'", "forbidden-syntax", 1, 1),
        ("np.log(*x)", "forbidden-syntax", 1, 8),
        ("np.log(**x)", "forbidden-syntax", 1, 10),
        ("x[*y]", "forbidden-syntax", 1, 3),
        ("x if y else w", "forbidden-syntax", 1, 1),
        ("x and y", "forbidden-syntax", 1, 1),
        ("0 < x < 1", "forbidden-syntax", 1, 1),
        ("x is y", "forbidden-syntax", 1, 1),
        ("x in y", "forbidden-syntax", 1, 1),
        ("x << 2", "forbidden-syntax", 1, 1),
        ("{'a': x}", "forbidden-syntax", 1, 1),
        ("{x}", "forbidden-syntax", 1, 1),
        ("1j", "forbidden-syntax", 1, 1),
        ("b'x'", "forbidden-syntax", 1, 1),
        ("...", "forbidden-syntax", 1, 1),
        ("x # y", "forbidden-syntax", 1, 3),
        ("x\\\n+ y", "forbidden-syntax", 1, 2),
        ("'a\\n'", "forbidden-syntax", 1, 3),
        ("x\0", "forbidden-syntax", 1, 2),
        ("'\"'", "forbidden-syntax", 1, 1),
        ("x + 1e999", "number-too-large", 1, 5),
        ("x + 9223372036854775808", "number-too-large", 1, 5),
        ("9" * 4000, "number-too-large", 1, 1),
        ("x" * (MAX_LENGTH + 1), "expression-too-large", 1, MAX_LENGTH + 1),
        ("[" * MAX_DEPTH + "]" * MAX_DEPTH, None, None, None),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "expression-too-large", 1, MAX_DEPTH + 1),
        ("(" * 1000 + ")" * 1000, "bad-expression", 1, 201),
        ("-" * 3000 + "x", "expression-too-large", 1, 1),
        (f"[{'x,' * (MAX_NODES - 1)}]", None, None, None),
        (f"[{'-x,' * (MAX_NODES // 2)}]", "expression-too-large", 1, 1),
        ("\ud800", "bad-expression", 1, 1),
    ],
)
def test_what_is_not_an_expression_is_refused_at_its_place(text, slug, line, column):
    try:
        parse(text, INPUTS)
        found = (None, None, None)
    except CaseError as error:
        found = (error.slug, error.line, error.column)

    assert (slug, line, column) == found


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("torch.nn.BCELos()", "torch.nn.BCELoss"),
        ("torch.cross_entropy(x, y)", "torch.nn.functional.cross_entropy"),
        ("F.crossentropy(x, y)", "torch.nn.functional.cross_entropy"),
        ("tf.log(x)", "tensorflow.math.log"),
        ("np.logg(x)", "numpy.log"),
        ("sklearn.log_loss(y, x)", "sklearn.metrics.log_loss"),
        ("BCELoss()", "torch.nn.BCELoss"),
        ("torch.bce_loss(x, y)", "torch.nn.BCELoss"),
        ("torch.nn.CrossEntropy()", "torch.nn.CrossEntropyLoss"),
        ("keras.losses.binary_cross_entropy(y, x)", "keras.losses.binary_crossentropy"),
        ("predicton + 1", "prediction"),
        ("x.summ()", "sum"),
        ("x.shap", "shape"),
    ],
)
def test_a_misspelt_name_is_told_its_nearest(text, nearest):
    assert f"nearest: {nearest}" in error_of(text).message


def test_an_input_hides_the_module_of_its_name():
    assert parse("F.sum()", {"F"}) == Method(Input("F"), "sum")


@pytest.mark.parametrize("text", ["10 ** 10 ** 10", "9**9**9**9", "x + (3 * 5 - 5)**600", "(-2)**1025", "2**(2**40)"])
def test_an_enormous_power_of_whole_numbers_is_refused_without_computing_it(text):
    assert error_of(text).slug == "number-too-large"


@pytest.mark.parametrize(
    "text", ["2**1023", "1**10**10", "(-1)**10**10", "10**-400", "9.0**9**9", "x**9**9", "2**0.5", "True**9**9"]
)
def test_any_other_power_is_read(text):
    assert parse(text, INPUTS)


@pytest.mark.parametrize(
    ("text", "framework"),
    [
        ("F.mse_loss(x, y)", "torch"),
        ("torch.as_tensor(np.log(x))", "torch"),
        ("x.to(torch.float16)", "torch"),
        ("tf.exp(x)", "tensorflow"),
        ("tf.reduce_mean(keras.ops.log(x))", "keras"),
        ("keras.losses.mse(y, np.clip(x, 0, 1))", "keras"),
        ("jnp.mean(optax.l2_loss(x, y))", "jax"),
        ("optax.l2_loss(x, np.abs(y))", "jax"),
        ("sklearn.metrics.log_loss(y, np.exp(x))", "sklearn"),
        ("scipy.special.rel_entr(x, y).sum()", "numpy"),
        ("np.log(x).mean()", "numpy"),
        ("np.log(x.sigmoid())", "numpy"),
        ("onnx.SoftmaxCrossEntropyLoss(x, y)", "onnx"),
        ("((x - y) ** 2).mean()", "numpy"),
        ("x.log()", "torch"),
        ("x.mean(dim=0)", "torch"),
        ("x.mean(axis=0)", "numpy"),
        ("x - float('inf')", "numpy"),
        ("((x - y) ** 2).view(3, -1)", "torch"),
        ("x.view((3, 5))", "torch"),
        ("x.view(np.float32)", "numpy"),
        ("x.view('float32')", "numpy"),
        ("x.flatten(1)", "torch"),
        ("x.flatten('C')", "numpy"),
        ("x.flatten().mean()", "numpy"),
        ("x.permute(0, 2, 1)", "torch"),
        ("x.unsqueeze(1)", "torch"),
        ("x.movedim(1, -1)", "torch"),
        ("x.transpose(1, 2)", "torch"),
        ("x.transpose(0, 1)", "numpy"),
        ("x.transpose(0, 2, 1)", "numpy"),
        ("x.repeat(1, 2, 3)", "torch"),
        ("x.repeat(2, axis=1)", "numpy"),
        ("x.sort(1)[0]", "torch"),
        ("x.max(1).values", "torch"),
        ("x.std(unbiased=False)", "torch"),
        ("x.argsort(descending=True)", "torch"),
        ("x.astype(float)", "numpy"),
        ("math.log(2) * x", "numpy"),
        ("math.log(2) * x.unsqueeze(0)", "torch"),
        ("math.log(2) * torch.exp(x)", "torch"),
        ("keras.backend.epsilon() + x", "keras"),
        ("scipy.stats.norm.logpdf(x)", "numpy"),
        ("jax.scipy.stats.norm.logpdf(x)", "jax"),
    ],
)
def test_the_framework_is_the_most_specific_one_named(text, framework):
    assert framework_of(parse(text, INPUTS)) == framework


@pytest.mark.parametrize(
    "text",
    [
        "torch.log(jnp.exp(x))",
        "tf.exp(torch.log(x))",
        "keras.ops.log(torch.exp(x))",
        "sklearn.metrics.log_loss(y, torch.exp(x))",
    ],
)
def test_two_frameworks_in_one_expression_are_refused(text):
    tree = parse(text, INPUTS)

    with pytest.raises(CaseError, match=" and ") as caught:
        framework_of(tree)

    assert caught.value.slug == "mixed-frameworks"


def test_the_inputs_of_a_tree_are_those_it_reads():
    assert inputs_of(parse("F.mse_loss(x[y], weight=w) + 1", INPUTS)) == {"x", "y", "w"}


def test_a_tree_is_walked_in_reading_order():
    found = [
        node.name
        for node in walk(parse("F.mse_loss(x[y:w], weight=target) + prediction", INPUTS))
        if isinstance(node, Input)
    ]

    assert found == ["x", "y", "w", "target", "prediction"]


def test_inputs_can_change_places():
    swapped = substitute(parse("np.log(x[y:]) - y.sum(axis=x)", INPUTS), {"x": Y, "y": X})

    assert swapped == parse("np.log(y[x:]) - x.sum(axis=y)", INPUTS)


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("torch.nn.functional.mse_loss(x,y,reduction='sum')", 'F.mse_loss(x, y, reduction="sum")'),
        ("tensorflow.math.log(x)", "tf.math.log(x)"),
        ("jax.numpy.log(jax.nn.softmax(x))", "jnp.log(jax.nn.softmax(x))"),
        ("((x-y)**2).mean()", "((x - y) ** 2).mean()"),
        ("(-2)**x", "(-2) ** x"),
        ("-(2**x)", "-2 ** x"),
        ("x-(y-w)", "x - (y - w)"),
        ("(x-y)-w", "x - y - w"),
        ("(x**y)**w", "(x ** y) ** w"),
        ("(x<y)==(y<w)", "(x < y) == (y < w)"),
        ("x[(0,1),]", "x[(0, 1),]"),
        ("(1).sum()", "(1).sum()"),
        ("-(not x)", "-(not x)"),
        ("x.log().sum(-1)[:,0]", "x.log().sum(-1)[:, 0]"),
    ],
)
def test_a_tree_is_written_as_a_person_would(text, rendered):
    assert render(parse(text, INPUTS)) == rendered


LITERALS = st.one_of(
    st.integers(-(2**63) + 1, 2**63 - 1),
    st.floats(allow_nan=False),
    st.just(math.nan),
    st.booleans(),
    st.none(),
    st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S"), exclude_characters="'\"\\#"), max_size=9),
).map(Literal)

LEAVES = st.one_of(LITERALS, st.sampled_from(INPUTS).map(Input))
FUNCTION = st.sampled_from(sorted((FUNCTIONS | BUILTINS) - {"float"}))
CLASS = st.sampled_from(sorted(path for path in FUNCTIONS if path.rpartition(".")[2][0].isupper()))
CONSTANT = st.sampled_from(sorted(CONSTANTS | FUNCTIONS)).map(Constant)
METHOD = st.sampled_from(sorted(METHODS))
ATTRIBUTE = st.sampled_from(sorted(ATTRIBUTES))
KEYWORDS = st.lists(st.sampled_from(["axis", "dim", "reduction", "weight"]), max_size=2, unique=True)
SIGNS = st.sampled_from(["-", "+", "~", "not"])
OPERATORS = st.sampled_from(["+", "-", "*", "/", "//", "%", "@", "**", "&", "|", "^", "==", "!=", "<", "<=", ">", ">="])
KINDS = st.sampled_from(["list", "tuple"])


def signed(op, operand):
    """A sign before an operand as reading makes it: before a number it becomes part of the number."""
    value = operand.value if isinstance(operand, Literal) else None
    folds = op == "-" and isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)
    return Literal(-value) if folds else Unary(op, operand)


@st.composite
def trees(draw, depth=3):
    """Trees as reading makes them."""

    def some(make, most=2):
        return tuple(make() for _ in range(draw(st.integers(0, most))))

    def node():
        return draw(trees(depth - 1))

    def keywords():
        return tuple((name, node()) for name in draw(KEYWORDS))

    def part():
        return draw(st.sampled_from([None, node()]))

    def item():
        return draw(st.sampled_from([node(), Ellipsis_(), Slice(part(), part(), part())]))

    forms = [
        lambda: draw(LEAVES),
        lambda: Call(draw(FUNCTION), some(node), keywords()),
        lambda: Call(draw(FUNCTION), (draw(CONSTANT),)),
        lambda: Apply(Call(draw(CLASS), some(node), keywords()), some(node), keywords()),
        lambda: Method(node(), draw(METHOD), some(node), keywords()),
        lambda: Attribute(node(), draw(ATTRIBUTE)),
        lambda: signed(draw(SIGNS), node()),
        lambda: Binary(draw(OPERATORS), node(), node()),
        lambda: Index(node(), some(item)),
        lambda: Sequence(some(node), draw(KINDS)),
    ]
    return forms[draw(st.integers(0, len(forms) - 1)) if depth else 0]()


@given(trees())
@settings(deadline=None)
@example(Binary("**", Literal(-0.0), Unary("-", X)))
@example(Method(Literal(1.5), "sum"))
@example(Index(X, (Sequence((), "tuple"),)))
@example(Unary("-", Literal(math.nan)))
def test_a_tree_that_is_written_out_is_read_back(tree):
    text = render(tree)
    assume(len(text) <= MAX_LENGTH)

    assert parse(text, INPUTS) == tree


FRAGMENTS = st.sampled_from(
    [
        *'xy()[]{},.:;=-+*@~_`$!?#\n\t\0\\"é𝕩01',
        *(
            "==",
            "**",
            ":=",
            "->",
            "...",
            "1e9",
            "0x1",
            "'a'",
            "f'",
            "b'",
            " not ",
            " and ",
            " in ",
            " is ",
            " if ",
            " else ",
            " for ",
        ),
        *(
            "lambda ",
            "await ",
            "yield ",
            "None",
            "True",
            ".__class__",
            "torch.nn.BCELoss()",
            "F.mse_loss",
            "np.log(",
            ".sum(",
            ".T",
        ),
    ]
)


@given(
    st.one_of(
        st.text(max_size=60),
        st.lists(FRAGMENTS, max_size=25).map("".join),
        st.lists(FRAGMENTS, max_size=25).map(" ".join),
    )
)
@settings(deadline=None)
@example("é.\n" * 3)
@example("1if 1else 1")
@example("'\\N{DIGIT ONE}'")
@example("0777")
@example("𝕩")
def test_any_text_is_an_expression_or_an_error_with_a_place_in_it(text):
    try:
        parse(text, INPUTS)
        place = (1, 1)
    except CaseError as error:
        place = (error.line, error.column)
    lines = text.split("\n")

    assert place[0] in range(1, len(lines) + 1)
    assert place[1] in range(1, len(lines[place[0] - 1]) + 2)
