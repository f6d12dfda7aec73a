"""Stage `term`: what is summed. One function per family, elementwise unless it says otherwise.

In every formula t is the target, p the reading of the prediction, x the score in front of the last activation, and
s = 2t − 1 the target as a sign. A term has the shape of the prediction; a *coupled* term has consumed the class axis;
a *ratio* has consumed everything it sums over.
"""

from __future__ import annotations

from harness.reference.distances import DISTANCES
from harness.reference.entropies import ENTROPIES
from harness.reference.likelihoods import LIKELIHOODS
from harness.reference.margins import MARGINS
from harness.reference.setting import Family
from harness.reference.wholes import WHOLES

# The prediction itself, for losses that a side computed by other means and hands on.
_PREDICTION = Family(lambda s: s.reading.p(), "p")

FAMILIES: dict[str, Family] = ENTROPIES | DISTANCES | LIKELIHOODS | MARGINS | WHOLES | {"prediction": _PREDICTION}
