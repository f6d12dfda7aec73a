"""The summary that a CI job shows on its page, in GitHub's Markdown."""

import re
from collections import Counter
from collections.abc import Sequence

from harness.findings import Finding
from harness.records import Run
from harness.report import phrases
from harness.report.results import summary
from harness.report.words import VERDICTS

# A job summary is cut off at 1 MiB; whoever has more failures than this reads the report itself.
MOST_ROWS = 100


def markdown(run: Run, findings: Sequence[Finding]) -> str:
    """Counts, then what is not as expected, then which conventions part the rest, then the versions."""
    parts = [_counts(findings), _failures(findings), _causes(findings), _versions(run)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _counts(findings: Sequence[Finding]) -> str:
    total = summary(findings)
    failed = total["status"]["fail"] + total["status"]["error"]
    headline = f"{failed} of {total['cases']} cases are not as expected" if failed else "All cases are as expected"
    cells = [f"{words.symbol} {total['verdicts'][verdict]} {verdict}" for verdict, words in VERDICTS.items()]
    return f"## {headline}\n\n{' · '.join(cells)}"


def _failures(findings: Sequence[Finding]) -> str:
    failed = sorted(
        (finding for finding in findings if finding.status != "pass"),
        key=lambda each: (each.status != "error", each.case.path, each.case.id),
    )
    rows = [(each.case.id or each.case.path, "; ".join(phrases.notes(each))) for each in failed[:MOST_ROWS]]
    more = f"\n\n… and {len(failed) - MOST_ROWS} more." if len(failed) > MOST_ROWS else ""
    return _table(("case", "what is wrong"), rows) + more


def _causes(findings: Sequence[Finding]) -> str:
    causes = Counter(cause for finding in findings for cause in causes_of(finding))
    ranked = sorted(causes.items(), key=lambda item: (-item[1], item[0]))
    return _table(("conventions that differ", "cases"), [(" + ".join(cause), str(times)) for cause, times in ranked])


def causes_of(finding: Finding) -> list[tuple[str, ...]]:
    """The sets of factors that part sides of a case, each once, in the order met."""
    return list(
        dict.fromkeys(
            tuple(factor.factor for factor in comparison.explanation.factors)
            for comparison in finding.comparisons
            if comparison.explanation.factors
        )
    )


def _versions(run: Run) -> str:
    rows = sorted(run.environment.items())
    return f"<details><summary>Versions</summary>\n\n{_table(('what', 'version'), rows)}\n\n</details>" if rows else ""


def _table(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    lines = [" | ".join(headings), " | ".join("---" for _ in headings), *(" | ".join(map(_plain, row)) for row in rows)]
    return "\n".join(f"| {line} |" for line in lines)


def _plain(text: str) -> str:
    """`text` with nothing left that Markdown or HTML would read as markup, on one line."""
    return re.sub(r"([\\`*_{}\[\]<>|&~$])", r"\\\1", " ".join(text.split()))
