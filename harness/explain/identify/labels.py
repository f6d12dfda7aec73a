"""Labels that are none of the classes: what they do, as far as the black box takes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from harness.explain.identify.answers import Inputs
from harness.explain.identify.asking import Asker
from harness.explain.identify.outcome import roughly
from harness.explain.identify.roles import divided
from harness.explain.identify.samples import Source
from harness.records import Array
from harness.semantics import Semantics, with_choice
from harness.syntax import Binary, Input, Literal

IGNORED = (-100, -1, 255)
EFFECTS = ("nan", "zero", "wrap", "clip")
Case = tuple[Inputs, Array]


def labelled(asker: Asker, semantics: Semantics, source: Source) -> tuple[Semantics, list[Inputs], bool]:
    """`semantics` with what labels outside the classes do.

    Returns:
        The point; the inputs that showed it, to be confirmed; and whether it accounts for every such label that the
        black box takes.
    """
    if semantics.target.encoding != "index":
        return semantics, [], True
    taken = {label: case for label in (*IGNORED, asker.frame.classes) for case in _case(asker, source, label)}
    if not taken:
        return semantics, [], True
    dtype = asker.frame.dtype
    for option in _options(semantics, [label for label in IGNORED if label in taken], asker):
        if all(roughly(option, inputs, answer, dtype) for inputs, answer in taken.values()):
            return option, [inputs for inputs, _ in taken.values()], True
    return semantics, [], False


def _case(asker: Asker, source: Source, label: int) -> Iterator[Case]:
    """Random rows of which one has the label, if the black box takes it."""
    frame = asker.frame
    inputs = frame.inputs(source.draw(61, (frame.count, frame.classes)), asker.extras)
    target = np.array(inputs[frame.target])
    target.reshape(-1)[0] = label
    inputs[frame.target] = target
    answer = asker.oracle.value(inputs)
    if answer is not None:
        yield inputs, answer


def _options(s: Semantics, ignored: Sequence[int], asker: Asker) -> Iterator[Semantics]:
    """The point as it is, with another effect of bad labels, and with one of those that were taken left out."""
    yield s
    for effect in EFFECTS:
        yield with_choice(s, "target", bad_index=effect)
    if s.weight.mask is None:
        for effect in (s.target.bad_index, "wrap"):
            for label in ignored:
                yield from _masked(with_choice(s, "target", bad_index=effect), float(label), asker)
        kept = Binary(">=", Input("target"), Literal(0))
        yield from _masked(with_choice(s, "target", bad_index="zero"), kept, asker)


def _masked(s: Semantics, mask: float | Binary, asker: Asker) -> Iterator[Semantics]:
    masked = replace(s, weight=replace(s.weight, mask=mask))
    yield masked
    yield from divided(masked, asker)
