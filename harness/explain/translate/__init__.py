"""From a point back to code: the calls and formulas of a framework that say it, checked before they are shown."""

from harness.explain.translate.find import expressions_for
from harness.explain.translate.findings import with_remedies
from harness.explain.translate.remedy import remedy
from harness.explain.translate.specimens import suitable
from harness.explain.translate.table import call_of
from harness.explain.translate.translation import FRAMEWORKS, Translation, framework_called, translate

__all__ = [
    "FRAMEWORKS",
    "Translation",
    "call_of",
    "expressions_for",
    "framework_called",
    "remedy",
    "suitable",
    "translate",
    "with_remedies",
]
