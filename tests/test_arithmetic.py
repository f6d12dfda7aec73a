"""Products, cumulative sums, scattered sums and special functions: enclosed in every arithmetic, and not by chance."""

import flint
import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.explain.standing import CERTIFIED_LIMIT, exact_arithmetic
from harness.explain.written import as_written, written_reference
from harness.expression import parse
from harness.reference import special
from harness.reference.arithmetic import FORMATS, Ball, Certified, Plain, Rounded, quantise
from harness.reference.evaluate import Evaluated
from harness.reference.special import Special

NARROW = {"float32": np.float32, "float16": np.float16, "bfloat16": ml_dtypes.bfloat16}
SPECIAL = {name: value for name, value in vars(special).items() if isinstance(value, Special)}


def added(terms, order, dtype):
    """Terms summed one after another in a dtype."""
    total = dtype(0)
    for i in order:
        total = dtype(total + dtype(terms[i]))
    return float(total)


@pytest.mark.parametrize("dtype", NARROW)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), size=st.integers(1, 40))
def test_a_product_of_matrices_holds_any_order_of_its_sums(dtype, seed, size):
    rng, narrow = np.random.default_rng(seed), NARROW[dtype]
    a, b = (quantise(rng.normal(0.0, 1.0, size), dtype) for _ in range(2))
    ball = Rounded(dtype).matmul(Rounded(dtype).lift(a[None]), Rounded(dtype).lift(b[:, None]))
    terms = [narrow(narrow(x) * narrow(y)) for x, y in zip(a, b, strict=True)]

    for order in (np.arange(size), np.argsort(terms), rng.permutation(size)):
        assert abs(added(terms, order, narrow) - float(ball.mid[0, 0])) <= ball.err[0, 0]


@pytest.mark.parametrize("dtype", NARROW)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), size=st.integers(1, 40))
def test_cumulative_and_scattered_sums_hold_any_order(dtype, seed, size):
    rng, narrow = np.random.default_rng(seed), NARROW[dtype]
    terms = quantise(rng.normal(0.0, 1.0, size), dtype)
    arith = Rounded(dtype)
    summed = arith.cumsum(arith.lift(terms), 0)
    scattered = arith.scatter((2,), (np.zeros(size, np.int64),), arith.lift(terms))

    for n in range(1, size + 1):
        order = rng.permutation(n)
        assert abs(added(terms, order, narrow) - summed.mid[n - 1]) <= summed.err[n - 1]
    assert abs(added(terms, rng.permutation(size), narrow) - scattered.mid[0]) <= scattered.err[0]
    assert scattered.err[1] == 0.0


@pytest.mark.parametrize("name", SPECIAL)
@settings(max_examples=30, deadline=None)
@given(x=st.floats(0.05, 6.0), room=st.floats(0.0, 0.04), share=st.floats(-1.0, 1.0))
def test_a_special_function_is_enclosed_wherever_its_argument_may_be(name, x, room, share):
    function, arith = SPECIAL[name], Rounded("float64")
    ball = arith.special(function, Ball(np.array([x]), np.array([room])))
    there = function.ball(flint.arb(x) + flint.arb(room) * share)

    assert abs(float(there - flint.arb(float(ball.mid[0])))) <= ball.err[0]


@pytest.mark.parametrize("name", SPECIAL)
def test_a_special_function_is_the_same_in_every_arithmetic(name):
    x = np.array([0.25, 0.5, 1.5, 2.5, 3.0])
    exact = Certified().middle(Certified().special(SPECIAL[name], Certified().lift(x)))
    plain = Plain().special(SPECIAL[name], x)

    assert np.all(np.abs(plain - exact) <= 8.0 * FORMATS["float64"].u * np.maximum(np.abs(exact), 1.0))
    assert np.all(np.isinf(special.moved(SPECIAL[name], x, np.full(5, np.inf), plain)))


def test_a_number_of_the_text_counts_with_its_rounding():
    inputs = {"x": quantise(np.linspace(0.1, 9.0, 400), "float32")}
    known = written_reference(parse("0.3 * x", inputs), inputs, "float32", "x")
    seen = (np.float32(0.3) * inputs["x"].astype(np.float32)).astype(np.float64)
    product = FORMATS["float32"].u * np.abs(known.value.exact)

    assert np.any(np.abs(seen - known.value.exact) > product)
    assert np.all(np.abs(seen - known.value.exact) <= known.value.bound)


def test_a_cast_computes_in_the_narrower_dtype_from_there_on():
    inputs = {"x": quantise(np.linspace(0.1, 3.0, 50), "float32")}
    wide, narrow = (
        as_written(parse(text, inputs), inputs, Rounded("float32"), "float32", "x")
        for text in ("torch.exp(x)", "torch.exp(x.half())")
    )

    assert np.all(narrow.value.err > 1000.0 * wide.value.err)
    assert np.all(narrow.value.mid == np.exp(quantise(inputs["x"], "float16")))


@pytest.mark.parametrize(("size", "kind"), [(CERTIFIED_LIMIT, Certified), (CERTIFIED_LIMIT + 1, Rounded)])
def test_many_numbers_are_enclosed_by_running_errors_of_float64(size, kind):
    inputs = {"x": np.linspace(-1.0, 1.0, size)}
    rounded = as_written(parse("torch.exp(x)", inputs), inputs, Rounded("float32"), "float32", "x")

    assert isinstance(exact_arithmetic(inputs, rounded), kind)


def test_what_is_not_finite_is_looked_at_in_float64():
    arith = exact_arithmetic({"x": np.zeros(2)}, Evaluated(Ball(np.array([np.inf]), np.zeros(1)), None))

    assert type(arith) is Plain
