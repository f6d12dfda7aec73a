"""The explanation as text, and the table of a run on a terminal."""

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.findings import Comparison, Explanation, Factor, Finding, Proof, Silence
from harness.records import BrokenCase, Case, Computed, Key, Verdict
from harness.report import phrases
from harness.report.counting import by_urgency, causes_of, is_absent, is_of_here, waits_for
from harness.report.numbers import aligned, number, share
from harness.report.parting import inline
from harness.report.results import outcome_in_words, summary
from harness.report.sentences import (
    LONGEST_INLINE,
    beyond,
    choices,
    expectation_sentence,
    inactive_sentence,
    is_of_form,
    notes,
    remedy_sentence,
    residual_sentence,
    rival_sentence,
    silences,
    verdict_sentence,
)
from harness.report.steps import share_in_words
from harness.report.waterfall import Scale, Step, scale, waterfall
from harness.report.words import OUTCOMES, PROOFS, VERDICTS

if TYPE_CHECKING:
    from rich.table import Table

WIDTH = 100
BAR = 32
INDENT = "  "


def render_explanation(comparison: Comparison, finding: Finding) -> str:
    """One comparison in plain words: numbers, verdict, factors, waterfall, residual, proofs, remedy, rivals.

    Returns:
        Plain text of at most 100 columns (expressions are not broken), without a final newline.
    """
    parts = [
        _headline(comparison, finding),
        _numbers(comparison, finding),
        _wrap(verdict_sentence(finding, comparison)),
        _wrap(expectation_sentence(finding, comparison)),
        _parting(comparison, finding),
        _factors(comparison),
        _waterfall(comparison, finding),
        _residual(comparison),
        _remedy(comparison),
        _inactive(comparison, finding),
        _rivals(comparison.explanation),
    ]
    return "\n\n".join(part for part in parts if part)


def render_finding(finding: Finding) -> str:
    """Every comparison of a case, the most urgent first; of an unreadable case its error."""
    if isinstance(finding.case, BrokenCase):
        return "\n".join(notes(finding))
    return "\n\n\n".join(render_explanation(each, finding) for each in by_urgency(finding.comparisons))


def _wrap(text: str, indent: str = "") -> str:
    return textwrap.fill(text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False)


def _headline(comparison: Comparison, finding: Finding) -> str:
    mode = [] if comparison.mode == "eager" else [comparison.mode]
    # A question asked on the spot has no file, and needs no name.
    name = [finding.case.id] if finding.case.path else []
    return " · ".join([*name, comparison.aspect, comparison.dtype, *mode, comparison.verdict.upper()])


def _numbers(comparison: Comparison, finding: Finding) -> str:
    """Both sides with their numbers, and the gap under them."""
    texts = phrases.texts(finding, comparison)
    if comparison.divergence is None:
        said = [_said(finding, name, comparison) for name in comparison.between]
        return _rows(comparison.between, said, texts)
    first, second = phrases.pair(finding, comparison)
    shown = aligned([first, second, comparison.divergence.gap], [False, False, True])
    at = comparison.divergence.at
    place = f"where it is largest: element [{', '.join(map(str, at))}]" if at else ""
    # An element is named once, beside the gap; a sum or mean that no side returned is named beside its side.
    told = [
        f"{text}   ({what})" if what.startswith("the ") else text
        for text, what in zip(texts, phrases.about(finding, comparison), strict=True)
    ]
    return _rows((*comparison.between, "gap"), shown, (*told, place))


def _said(finding: Finding, name: str, comparison: Comparison) -> str:
    """What a side answered, in short: it has no element to be compared at."""
    case = finding.case
    assert isinstance(case, Case), "a broken case has no comparisons"
    seen = finding.observations.get(Key(case.id, name, comparison.dtype))
    values = phrases.observed(case.sides[name], seen, comparison.aspect)
    if values is not None:
        return f"shape {values.shape}" if values.ndim else number(float(values))
    return "no gradient" if isinstance(seen, Computed) else OUTCOMES[outcome_in_words(seen)[0]]


def _rows(names: Sequence[str], shown: Sequence[str], texts: Sequence[str]) -> str:
    widths = [max(map(len, column)) for column in (names, shown)]
    rows = zip(names, shown, texts, strict=True)
    return "\n".join(
        f"{INDENT}{name:<{widths[0]}}  {value:>{widths[1]}}   {text}".rstrip() for name, value, text in rows
    )


def _factors(comparison: Comparison) -> str:
    """One line per factor: what it is worth, and the two choices; its sentence under it."""
    why, apart = comparison.explanation, comparison.divergence
    if not why.factors or apart is None or is_of_form(comparison):
        return ""
    width = max(len(factor.factor) for factor in why.factors)
    lines = ["Share of the gap, whatever the order in which the conventions are switched:"]
    for factor, amount in zip(why.factors, _shares(why.factors, apart.gap), strict=True):
        widens = "   (widens the gap)" if factor.widens else ""
        lines += [
            f"{INDENT}{factor.factor:<{width}}  {amount}   {' → '.join(choices(factor, why))}{widens}",
            _wrap(beyond(factor), INDENT * 2 + " " * width),
        ]
    return "\n".join(line for line in lines if line.strip())


def _shares(factors: Sequence[Factor], gap: float) -> list[str]:
    """A column of shares with their part of the gap; in words where one of them is no number."""
    if not all(math.isfinite(factor.share) for factor in factors):
        told = [share_in_words(factor, gap) for factor in factors]
        return [text.ljust(max(map(len, told))) for text in told]
    amounts = aligned([factor.share for factor in factors], [True] * len(factors))
    return [f"{amount}  {share(factor.share, gap):>6}" for amount, factor in zip(amounts, factors, strict=True)]


def _waterfall(comparison: Comparison, finding: Finding) -> str:
    """The walk from A to B, one convention at a time, with bars where they can be drawn."""
    steps = waterfall(finding, comparison)
    if not steps or is_of_form(comparison) or not all(math.isfinite(step.amount) for step in steps):
        return ""
    first, second = comparison.between
    amounts = aligned([step.amount for step in steps], [step.kind != "side" for step in steps])
    width = max(len(step.label) for step in steps)
    strip = scale(steps, BAR)
    lines = [
        f"{INDENT}{amount}  {step.label:<{width}}  {_bar(step, strip)}".rstrip()
        for step, amount in zip(steps, amounts, strict=True)
    ]
    return "\n".join([f"From {first} to {second}, one convention after the other:", *lines])


def _bar(step: Step, strip: Scale | None) -> str:
    if strip is None:
        return ""
    left, width = strip.bar(step)
    start = min(round(left), BAR - 1)
    return " " * start + ("█" if step.kind == "side" else "▒") * max(1, round(left + width) - start)


def _residual(comparison: Comparison) -> str:
    why = comparison.explanation
    if not why.factors:
        return ""
    outcomes = (why.proofs.points, why.proofs.residual, why.proofs.framework)
    checks = [f"{INDENT}{outcome:<8} {claim}" for (_, claim), outcome in zip(PROOFS, outcomes, strict=True)]
    proofs = [] if set(outcomes) == {Proof.NOT_RUN} else ["Proofs:", *checks]
    return "\n".join([residual_sentence(comparison), *proofs])


def _remedy(comparison: Comparison) -> str:
    remedy = comparison.explanation.remedy
    return f"{_wrap(remedy_sentence(comparison))}\n{INDENT}{remedy.expression}" if remedy else ""


def _parting(comparison: Comparison, finding: Finding) -> str:
    """Inputs that part sides which agree on these, where they are too long for the sentence."""
    shown = inline(finding, comparison.dtype, comparison.parting_input) if comparison.parting_input else ""
    return f"Inputs that part them:\n{_wrap(shown, INDENT)}" if len(shown) > LONGEST_INLINE else ""


def _inactive(comparison: Comparison, finding: Finding) -> str:
    inactive = comparison.explanation.inactive
    if not inactive:
        return ""
    lines = [_wrap(inactive_sentence(finding, comparison.dtype, each), INDENT) for each in inactive]
    return "\n".join(["They also differ in what has no effect on these inputs:", *lines])


def _rivals(why: Explanation) -> str:
    if not why.rivals:
        return ""
    lines = [_wrap(rival_sentence(rival), INDENT) for rival in why.rivals]
    return "\n".join(["Other causes would give the same numbers:", *lines])


def counts(findings: Sequence[Finding]) -> str:
    """One line: how many comparisons came to which verdict, and how many cases are not as expected."""
    total = summary(findings)
    unasked = sum(each.silence is Silence.UNASKED for finding in findings for each in finding.comparisons)
    remark = {Verdict.INCOMPARABLE: f" ({unasked:,} of them not asked)" if unasked else ""}
    verdicts = [
        f"{words.symbol} {total['verdicts'][verdict]} {verdict}{remark.get(verdict, '')}"
        for verdict, words in VERDICTS.items()
    ]
    failed = total["status"]["fail"] + total["status"]["error"]
    cases, comparisons = phrases.counted(len(findings), "case"), phrases.counted(total["comparisons"], "comparison")
    return f"{cases}, {failed} not as expected.  {comparisons}: {'  '.join(verdicts)}"


def table(findings: Sequence[Finding]) -> "Table":
    """The cases of a run, one line each, for a terminal."""
    from rich.table import Table  # noqa: PLC0415  a hundredth of a second that `harness explain` need not spend
    from rich.text import Text  # noqa: PLC0415

    grid = Table(box=None, pad_edge=False, header_style="bold")
    for heading, wraps in (("", False), ("case", False), ("verdicts", False), ("why", True)):
        grid.add_column(heading, overflow="fold", no_wrap=not wraps)
    silent = _silent(findings)
    waiting: set[str] = set()
    for finding in sorted(findings, key=lambda each: (each.status == "pass", each.case.path, each.case.id)):
        if absent := waits_for(finding, silent):
            waiting.update(absent)
            continue
        style = "" if finding.status == "pass" else "bold red"
        mark = "✓" if finding.status == "pass" else "✗"
        grid.add_row(Text(mark, style), Text(finding.case.id or finding.case.path, style), *map(Text, _line(finding)))
    for framework in sorted(waiting):
        said = f"{framework} gave no answer at all: the cases that ask it are not judged"
        grid.add_row(Text("✗", "bold red"), Text(framework, "bold red"), Text(""), Text(said))
    return grid


def _silent(findings: Sequence[Finding]) -> frozenset[str]:
    """The frameworks that some case asks and that answered none: missing, as a rule, which is told once."""
    asked, heard = set(), set()
    for finding in findings:
        sides = finding.case.sides if isinstance(finding.case, Case) else {}
        asked |= {side.framework for side in sides.values() if is_of_here(side)}
        heard |= {
            phrases.framework(sides[key.side])
            for key, seen in finding.observations.items()
            if key.side in sides and not is_absent(seen)
        }
    return frozenset(asked - heard)


def _line(finding: Finding) -> tuple[str, str]:
    """The verdicts of a case, each once, and what is to say about it: why it fails, or what parts its sides."""
    verdicts = [comparison.verdict for comparison in finding.comparisons]
    counted = [f"{words.symbol} {verdicts.count(each)}" for each, words in VERDICTS.items() if each in verdicts]
    factors = dict.fromkeys(factor for factors in causes_of(finding) for factor in factors)
    passed = "; ".join(filter(None, (", ".join(factors), *silences(finding))))
    return "  ".join(counted), passed if finding.status == "pass" else "; ".join(notes(finding))
