"""Arrays as Python text: lists where they are short, packed where nobody would read them."""

import base64
import zlib

import numpy as np

from harness.records import InputArray

# Longer lists are read by nobody, and packed they are a fraction as long.
LONGEST_LIST = 1000
LINE = 100

UNPACK = '''\
def unpacked(text, dtype, shape):
    """An input too long to be written out: its numbers, packed as text."""
    return np.frombuffer(zlib.decompress(base64.b85decode(text)), dtype).reshape(shape).copy()


'''
UNPACK_IMPORTS = ("import base64", "import zlib", "import numpy as np")


def is_packed(array: InputArray) -> bool:
    """Whether an array is too long for a list."""
    return array.values.size > LONGEST_LIST


def literal(array: InputArray, dtype: str) -> str:
    """The values as nested lists, or as a call of `unpacked`; a script that has one begins with UNPACK."""
    return _packed(array, dtype) if is_packed(array) else listed(array)


def listed(array: InputArray) -> str:
    """The values as nested lists; what is not finite is spelled so that Python reads it."""
    text = repr(array.values.tolist())
    if np.isfinite(array.values).all():
        return text
    return text.replace("nan", 'float("nan")').replace("inf", 'float("inf")')


def _packed(array: InputArray, dtype: str) -> str:
    # bfloat16 has no NumPy name; every one of its numbers is a float32.
    real = "float32" if dtype == "bfloat16" else dtype
    kind = real if array.values.dtype.kind == "f" else array.values.dtype.name
    text = base64.b85encode(zlib.compress(array.values.astype(kind).tobytes(), 9)).decode()
    lines = "\n".join(f'    "{text[start : start + LINE]}"' for start in range(0, len(text), LINE))
    return f'unpacked(\n{lines},\n    "{kind}",\n    {array.values.shape},\n)'
