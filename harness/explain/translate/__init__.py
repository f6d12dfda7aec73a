"""From a point back to code: the calls and formulas of a framework that say it, checked before they are shown."""

from harness.explain.translate.find import expressions_for
from harness.explain.translate.translation import FRAMEWORKS, Translation, translate

__all__ = ["FRAMEWORKS", "Translation", "expressions_for", "translate"]
