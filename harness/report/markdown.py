"""The summary that a CI job shows on its page, in GitHub's Markdown."""

import re
from collections import Counter
from collections.abc import Sequence

from harness.findings import Finding
from harness.records import Run
from harness.report.counting import by_verdict, causes_of, waits_for
from harness.report.overview import headline, missing_sentences
from harness.report.phrases import counted
from harness.report.sentences import notes
from harness.report.words import VERDICTS

# A job summary is cut off at 1 MiB; whoever has more failures than this reads the report itself.
MOST_ROWS = 100


def markdown(run: Run, findings: Sequence[Finding]) -> str:
    """Counts, then what is not as expected, then which conventions part the rest, then the versions."""
    parts = [_counts(run, findings), _failures(run, findings), _causes(findings), _versions(run)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _counts(run: Run, findings: Sequence[Finding]) -> str:
    found = by_verdict(findings)
    cells = [f"{words.symbol} {found[verdict].comparisons:,} {verdict}" for verdict, words in VERDICTS.items()]
    total = counted(sum(each.comparisons for each in found.values()), "comparison")
    missing = [_plain(each) for each in missing_sentences(findings, run.missing)]
    return "\n\n".join([f"## {headline(findings, run.missing)}", f"{total}: {' · '.join(cells)}", *missing])


def _failures(run: Run, findings: Sequence[Finding]) -> str:
    failed = sorted(
        (finding for finding in findings if finding.status != "pass" and not waits_for(finding, run.missing)),
        key=lambda each: (each.status != "error", each.case.path, each.case.id),
    )
    rows = [(each.case.id or each.case.path, "; ".join(notes(each))) for each in failed[:MOST_ROWS]]
    more = f"\n\n… and {len(failed) - MOST_ROWS} more." if len(failed) > MOST_ROWS else ""
    return _table(("case", "what is wrong"), rows) + more


def _causes(findings: Sequence[Finding]) -> str:
    causes = Counter(cause for finding in findings for cause in causes_of(finding))
    ranked = sorted(causes.items(), key=lambda item: (-item[1], item[0]))
    return _table(("conventions that differ", "cases"), [(" + ".join(cause), str(times)) for cause, times in ranked])


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
