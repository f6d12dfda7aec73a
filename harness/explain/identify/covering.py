"""Where there are fewer samples than classes: every class is made the target once, in longer batches or in several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import chain

import numpy as np

from harness.explain.identify.answers import Inputs
from harness.explain.identify.asking import Asker
from harness.explain.identify.cases import Case, asked, fits
from harness.explain.identify.class_weights import Measured, weighted_classes
from harness.explain.identify.frame import Frame, Rows
from harness.explain.identify.roles import divided
from harness.explain.identify.samples import Source
from harness.explain.identify.tuning import Path
from harness.semantics import Semantics

MOST_BATCHES = 24  # Batches of the user's own length, where no longer ones are taken.
LONGEST = 8192
UNSEEN = "weight.class: classes that were never the target"


class Covering:
    """A point beside targets of every class.

    Attributes:
        semantics: The point, with what the classes weigh; None if it is refuted.
        refuting: Inputs that refute it.
        errors: How far measured weights may be off.
        unseen: Whether some classes could not be made the target.
    """

    def __init__(self, asker: Asker, semantics: Semantics, source: Source) -> None:
        self.asker, self.source = asker, source
        self.semantics: Semantics | None = semantics
        self.refuting: Inputs | None = None
        self.errors: Mapping[Path, float] = {}
        self.unseen = False
        self._batches = 0
        if source.kind in ("index", "one-hot") and semantics.layout.class_axis is not None:
            self._cover(semantics)

    def _cover(self, s: Semantics) -> None:
        k, m = self.asker.frame.classes, self.asker.frame.count
        if m >= k:
            return
        suspects = self._suspects(s, np.arange(k))
        if not suspects:
            return
        cases = [self._case(np.array(suspects[:m]))]
        counted = divided(s, self.asker) if s.weight.mask is not None else ()
        options = chain(map(Measured, counted), weighted_classes(self.asker, s, self.source, suspects))
        found = next((o for o in options if fits(o.semantics, cases, self.asker.frame.dtype)), None)
        self.semantics, self.refuting = (None, cases[0].inputs) if found is None else (found.semantics, None)
        self.errors = {} if found is None else found.errors

    def _suspects(self, s: Semantics, labels: np.ndarray) -> list[int]:
        """Labels among which is one that does not count as the point says."""
        if self._batches >= MOST_BATCHES:
            self.unseen = True
            return []
        m = self.asker.frame.count
        case = self._case(labels)
        if case.answer is not None and fits(s, [case], self.asker.frame.dtype):
            return []
        if len(labels) <= m:
            return [] if case.answer is None else [int(label) for label in labels]
        half = -(-len(labels) // (2 * m)) * m
        return [*self._suspects(s, labels[:half]), *self._suspects(s, labels[half:])]

    def _case(self, labels: np.ndarray) -> Case:
        """Random rows that have each of these targets; no answer where the batch would be longer than is taken."""
        self._batches += 1
        frame, k = self.asker.frame, self.asker.frame.classes
        times = -(-len(labels) // frame.count)
        if times * frame.count > LONGEST or (times > 1 and (frame.axis == 0 or not frame.shape)):
            return Case({}, None)
        long: Frame = frame.longer(times) if times > 1 else frame
        targets = np.resize(labels, long.count)
        rows = Rows(self.source.draw(44, (long.count, k)).x, np.eye(k)[targets])
        extras = frame.longer_inputs(self.asker.extras, times)
        return asked(replace(self.asker, frame=long), long.inputs(rows, extras))
