"""What became of a side that gave no numbers: in words, and whether it says anything about the losses."""

from harness.findings import Silence
from harness.records import Case, Claim, Crashed, Lack, Observation, Raised, TimedOut, Unsupported

# Of a pair, the later counts: that nobody is there to ask is never hidden by what else is the matter.
ORDER = (Silence.NONE, Silence.UNASKED, Silence.LOST, Silence.ABSENT)


def silence_of(case: Case, name: str, seen: Observation | None) -> Silence:
    """Why a side has no numbers; NONE where it has some, or where their lack is an answer: it raised, or cannot."""
    match case.sides[name], seen:
        case Claim(), _:
            return Silence.UNASKED if case.imposed else Silence.NONE
        case _, Unsupported(lack=Lack.WISH):
            return Silence.UNASKED
        case _, Unsupported(lack=Lack.DTYPE) if case.imposed:
            return Silence.UNASKED
        case _, Unsupported(lack=Lack.FRAMEWORK) | None:
            return Silence.ABSENT
        case _, Crashed() | TimedOut():
            return Silence.LOST
        case _:
            return Silence.NONE


def reason(case: Case, name: str, dtype: str, seen: Observation | None) -> str:
    """Why a side has no numbers in a dtype, as half a sentence that begins with its name."""
    match seen:
        case _ if isinstance(case.sides[name], Claim):
            return f"{name} was not asked: its digits were printed in another dtype than {dtype}"
        case Raised(kind, message):
            return f"{name} raised {kind}: {message}"
        case Unsupported(said, Lack.WISH):
            return f"{name} was not asked: {said}"
        case Unsupported(said, Lack.FRAMEWORK):
            return f"{name} had nobody to ask: {said}"
        case Unsupported(said, _):
            return f"{name} cannot be asked: {said}"
        case Crashed(said, _):
            return f"{name} crashed: {said}"
        case TimedOut(seconds):
            return f"{name} gave no answer within {seconds:g} s"
        case _:
            return f"{name} was not run"
