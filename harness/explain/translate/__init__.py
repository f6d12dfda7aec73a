"""From a point back to code: the calls and formulas of a framework that say it, checked before they are shown."""
