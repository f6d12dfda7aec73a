"""A Run to Findings, case by case: by several processes where there are some, and while others are still asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable as Function
from collections.abc import Mapping
from dataclasses import replace

from harness.errors import CaseError
from harness.explain.rivals import with_rivals
from harness.explain.translate import FRAMEWORKS, with_remedies
from harness.findings import Finding, Probe
from harness.judge import bounded, judge_case
from harness.processes import Crew
from harness.records import BrokenCase, Case, Claim, Key, Observation, Run

# Called with (judged, all, the case judged last).
Progress = Function[[int, int, str], None]


def judge(
    run: Run, probe: Probe | None = None, progress: Progress | None = None, others: int = 0
) -> tuple[Finding, ...]:
    """One Finding per case, broken ones included; `judge` of an empty run is empty.

    Args:
        run: What was collected.
        probe: Puts an expression to its framework, so that what is explained comes with the call that mends it; None
            where no framework can be asked.
        progress: Called after each case, with how many are judged, of how many, and its id.
        others: Processes that judge beside this one, where there are many cases.
    """
    with Crew(judged, others) as crew:
        return Judging(crew, probe).findings(run, progress)


class Judging:
    """What has been judged of a run, some of which may not have been collected yet.

    Args:
        crew: Makes calls of `judged`.
        probe: As for `judge`.
        free: Whether the frameworks of a case have nothing else to answer; None where that is so of all.
    """

    def __init__(self, crew: Crew[Finding], probe: Probe | None, free: Function[[Case], bool] | None = None) -> None:
        self._crew, self._probe, self._free = crew, probe, free
        self._cases: dict[str, Case] = {}
        self._judged: dict[str, Finding] = {}
        self._found: dict[str, Finding] = {}

    def take(self, case: Case, observations: Mapping[Key, Observation]) -> None:
        """Begin with a case: these are all observations of it."""
        self._cases[case.id] = case
        self._crew.add(case.id, case, observations)

    def step(self) -> str:
        """Seek what frameworks can add to one case that others have judged; its id, or empty if there is none yet."""
        self._judged.update(self._crew.made())
        name = next((each for each in self._judged if self._free is None or self._free(self._cases[each])), "")
        if name:
            self._found[name] = _sought(self._judged.pop(name), self._cases[name], self._probe)
        return name

    def findings(self, run: Run, progress: Progress | None = None) -> tuple[Finding, ...]:
        """One Finding per case of the run, broken ones included."""
        self._take_others(run)
        self._free = None
        while len(self._found) < len(self._cases):
            name = self.step()
            if name and progress:
                progress(len(self._found), len(run.cases), name)
            if not name and (result := self._crew.next()):
                self._judged.update([result])
        return (*(self._found[case.id] for case in run.cases), *map(_unreadable, run.broken))

    def _take_others(self, run: Run) -> None:
        by_case: dict[str, dict[Key, Observation]] = defaultdict(dict)
        for key, seen in run.observations.items():
            by_case[key.case][key] = seen
        for case in run.cases:
            if case.id not in self._cases:
                self.take(case, by_case[case.id])


def judged(case: Case, own: Mapping[Key, Observation]) -> Finding:
    """The finding on one case; what goes wrong while it is judged costs no other."""
    try:
        return judge_case(case, own)
    except CaseError as error:
        return _not_judged(case, error)


def _sought(finding: Finding, case: Case, probe: Probe | None) -> Finding:
    """The finding with what asking frameworks once more adds: remedies, and which of several causes it is."""
    if probe is None or isinstance(finding.case, BrokenCase):
        return finding
    try:
        with bounded(case):
            return with_rivals([_remedied(finding, case, probe)], probe)[0]
    except CaseError as error:
        return _not_judged(case, error)


def _not_judged(case: Case, error: CaseError) -> Finding:
    return _unreadable(BrokenCase(case.path, error.slug, error.message, case.line, id=case.id))


def _remedied(finding: Finding, case: Case, probe: Probe) -> Finding:
    """With the calls that mend what is explained; an adapter of somebody else's has no calls that are known here."""
    ours = {name for name, side in case.sides.items() if isinstance(side, Claim) or side.framework in FRAMEWORKS}
    told = [comparison for comparison in finding.comparisons if ours.issuperset(comparison.between)]
    (mended,) = with_remedies([replace(finding, comparisons=tuple(told))], probe)
    changed = {id(old): new for old, new in zip(told, mended.comparisons, strict=True)}
    return replace(finding, comparisons=tuple(changed.get(id(each), each) for each in finding.comparisons))


def _unreadable(case: BrokenCase) -> Finding:
    return Finding(case, "error", (), {}, messages=(case.message,))
