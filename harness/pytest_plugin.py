"""pytest collects case files: one item per comparison, and its failure is the explanation.

Nothing of the harness is imported before there is a case file, since pytest loads this in every project that has it.
"""

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.findings import Comparison, Finding
    from harness.records import BrokenCase, Case

FOLDERS = "harness_cases"
ASPECTS = ("value", "gradient")


class NotAsExpected(Exception):  # noqa: N818  it is what a report shows, not an error of ours
    """A comparison or a case that is not what its file says; the text is all there is to see."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The folders whose YAML files are cases."""
    parser.addini(FOLDERS, "names of folders whose YAML files are cases of the loss harness", "args", ["cases"])


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A YAML file at any depth under one of the folders."""
    folders = parent.config.getini(FOLDERS)
    if file_path.suffix not in {".yaml", ".yml"} or not {*folders} & {*file_path.parent.parts}:
        return None
    return CaseFile.from_parent(parent, path=file_path)


class CaseFile(pytest.File):
    """One case, or the reason why it cannot be read."""

    def collect(self) -> Iterator[pytest.Item]:
        """An item per comparison, and one for what the case says as a whole."""
        from harness.cases import load_cases  # noqa: PLC0415  see above

        known = self.config.stash.setdefault(READ, {})
        cases, broken = load_cases([self.path], [case for case in known.values() if case.path != str(self.path)])
        known.update({case.id: case for case in cases})
        for unread in broken:
            yield Unreadable.from_parent(self, name=unread.id or self.path.stem, broken=unread)
        for case in cases:
            for first, second, dtype, aspect in _comparisons(case):
                name = f"{case.id}[{first}-{second}-{dtype}-{aspect}]"
                yield OneComparison.from_parent(self, name=name, case=case, address=(first, second, dtype, aspect))
            yield WholeCase.from_parent(self, name=case.id, case=case)


def _comparisons(case: "Case") -> Iterator[tuple[str, str, str, str]]:
    """Every comparison that a case asks for: pairs in the order of its expectations, then the others."""
    from harness.report.reproducer import differentiates  # noqa: PLC0415

    expected = list(dict.fromkeys(each.between for each in case.expect))
    others = [pair for pair in combinations(case.sides, 2) if pair not in expected and pair[::-1] not in expected]
    for pair in (*expected, *others):
        both = case.gradient is not None and all(differentiates(case.sides[name]) for name in pair)
        for dtype in case.dtypes:
            for aspect in ASPECTS[: 1 + both]:
                yield *pair, dtype, aspect


class CaseItem(pytest.Item):
    """Something to check about a case, once all cases of the session have been asked together."""

    def __init__(self, name: str, parent: pytest.Collector, case: "Case") -> None:
        super().__init__(name, parent)
        self.case = case

    def finding(self) -> "Finding":
        """The finding on the case; the first call asks for those of the whole session."""
        known = self.config.stash.setdefault(FINDINGS, {})
        if self.case.id not in known:
            known.update(_findings(self._asked_together()))
        return known[self.case.id]

    def _asked_together(self) -> "list[Case]":
        """Every case of the session, so that frameworks start side by side; a part of a session asks for its own."""
        if hasattr(self.config, "workerinput"):
            return [self.case]
        return list({item.case.id: item.case for item in self.session.items if isinstance(item, CaseItem)}.values())

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:  # noqa: ANN401  pytest's own
        """The explanation alone: a traceback through the harness says nothing about the losses."""
        if isinstance(excinfo.value, NotAsExpected):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo, style))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the case begins."""
        return self.path, (self.case.line or 1) - 1, self.name


class OneComparison(CaseItem):
    """Two sides, one dtype, value or gradient."""

    def __init__(self, name: str, parent: pytest.Collector, case: "Case", address: tuple[str, str, str, str]) -> None:
        super().__init__(name, parent, case)
        self.address = address

    def runtest(self) -> None:
        """Fail with the explanation unless the comparison is as expected."""
        from harness.report.terminal import render_explanation  # noqa: PLC0415

        found = next((each for each in self.finding().comparisons if _address(each) == self.address), None)
        found = found or self._silenced()
        if self.finding().status == "error":
            raise NotAsExpected("\n".join(self.finding().messages))
        if found is None:
            pytest.skip(f"a side gave no {self.address[3]}")
        if not found.expected:
            raise NotAsExpected(render_explanation(found, self.finding()))

    def _silenced(self) -> "Comparison | None":
        """What stands for all aspects of a pair where a side gave nothing at all, and nobody expects that."""
        of_pair = (each for each in self.finding().comparisons if _address(each)[:3] == self.address[:3])
        return next((each for each in of_pair if each.silence and not each.expected), None)


class WholeCase(CaseItem):
    """What a case says that no single comparison answers: expectations unmet, known divergences that are gone.

    Where nobody was there to ask, nobody knows what it says.
    """

    def runtest(self) -> None:
        """Fail with the messages of the case."""
        finding = self.finding()
        unknown = dict.fromkeys(each.message for each in finding.comparisons if each.silence == "absent")
        if finding.messages or unknown:
            raise NotAsExpected("\n".join((*finding.messages, *unknown)))


class Unreadable(pytest.Item):
    """A case file that is no case."""

    def __init__(self, name: str, parent: pytest.Collector, broken: "BrokenCase") -> None:
        super().__init__(name, parent)
        self.broken = broken

    def runtest(self) -> None:
        """Fail, always."""
        raise NotAsExpected(":".join(map(str, _place(self.broken))) + f": {self.broken.message}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:  # noqa: ARG002  pytest's own
        """Where and what, as compilers print it."""
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the file is wrong."""
        return self.path, (self.broken.line or 1) - 1, self.name


# By id: what was found, and what was read, so that no two files of a session speak for each other.
FINDINGS = pytest.StashKey[dict[str, "Finding"]]()
READ = pytest.StashKey[dict[str, "Case"]]()


def _findings(cases: "list[Case]") -> "dict[str, Finding]":
    """Those on `cases`, with remedies and rivals; the workers stay for the cases that are asked later."""
    from harness.collect import collect, open_probe  # noqa: PLC0415
    from harness.judging import judge  # noqa: PLC0415
    from harness.workers import workers  # noqa: PLC0415

    with open_probe(pool=workers()) as probe:
        return {finding.case.id: finding for finding in judge(collect(cases, pool=workers()), probe)}


def _address(comparison: "Comparison") -> tuple[str, str, str, str]:
    return *comparison.between, comparison.dtype, comparison.aspect


def _place(broken: "BrokenCase") -> list[object]:
    return [part for part in (broken.path, broken.line, broken.column) if part is not None]
