"""What a black box computes, found by asking it."""

from harness.explain.identify.answers import Answer, Ask, Identification, Probe
from harness.explain.identify.engine import identify
from harness.explain.identify.leftover import OTHER_TARGETS

__all__ = ["OTHER_TARGETS", "Answer", "Ask", "Identification", "Probe", "identify"]
