"""What a black box computes, found by asking it."""

from harness.explain.identify.answers import Answer, Ask, Identification, Probe
from harness.explain.identify.engine import identify

__all__ = ["Answer", "Ask", "Identification", "Probe", "identify"]
