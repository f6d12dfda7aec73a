"""`results.json`, schema 1: what programs read. The schema itself is `docs/results.schema.json`."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, assert_never

from harness.findings import Comparison, Divergence, Factor, Finding, Inactive, Remedy, Rival
from harness.records import (
    Array,
    BrokenCase,
    Callable,
    Case,
    Claim,
    Computed,
    Crashed,
    Expression,
    Key,
    Observation,
    Raised,
    Run,
    Side,
    TimedOut,
    Unsupported,
    Verdict,
)
from harness.report.cut import first_differing, places_in, written
from harness.report.numbers import json_number

SCHEMA = 1
Object = dict[str, Any]


def results(run: Run, findings: Sequence[Finding]) -> Object:
    """The whole of a run as plain data, the same for the same inputs and versions; only `provenance` may differ.

    Returns:
        An object of schema 1: numbers are finite floats or "nan", "inf", "-inf"; cases in the order of path and id.
    """
    return {
        "schema": SCHEMA,
        "environment": dict(sorted(run.environment.items())),
        "missing": dict(sorted(run.missing.items())),
        "summary": summary(findings),
        "cases": [case_result(finding) for finding in sorted(findings, key=_address)],
        "provenance": dict(sorted(run.provenance.items())),
    }


def write_json(run: Run, findings: Sequence[Finding], path: Path) -> None:
    """Write `results` to `path` as UTF-8 JSON with one final newline."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dumps(results(run, findings)), encoding="utf-8")


def dumps(data: Object) -> str:
    """`data` as JSON text with one case a line; fails on a number that JSON does not have."""
    parts = [f"{_compact(key)}: {_lines(value) if key == 'cases' else _compact(value)}" for key, value in data.items()]
    return "{\n" + ",\n".join(parts) + "\n}\n"


# Without indentation the encoder written in C is used: ten times as fast, which 10,000 cases notice.
_compact = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def _lines(values: list[Object]) -> str:
    return "[\n" + ",\n".join(map(_compact, values)) + "\n]" if values else "[]"


def summary(findings: Sequence[Finding]) -> Object:
    """Counts: of cases by status, of comparisons by verdict, and of comparisons that are not as expected."""
    comparisons = [comparison for finding in findings for comparison in finding.comparisons]
    verdicts = [comparison.verdict for comparison in comparisons]
    statuses = [finding.status for finding in findings]
    return {
        "cases": len(findings),
        "status": {status: statuses.count(status) for status in ("pass", "fail", "error")},
        "comparisons": len(comparisons),
        "verdicts": {verdict.value: verdicts.count(verdict) for verdict in Verdict},
        "unexpected": sum(not comparison.expected for comparison in comparisons),
        "mutants": {
            "tried": sum(finding.mutants for finding in findings),
            "survived": sum(len(finding.survivors) for finding in findings),
        },
    }


def case_result(finding: Finding) -> Object:
    """One entry of `cases`."""
    case = finding.case
    head: Object = {"id": case.id, "title": "", "path": case.path, "status": finding.status, "error": None}
    if isinstance(case, BrokenCase):
        nothing = {"tried": 0, "survivors": []}
        error = {"slug": case.slug, "message": case.message, "line": case.line, "column": case.column}
        return head | {
            "error": error,
            "messages": list(finding.messages),
            "sides": {},
            "comparisons": [],
            "mutants": nothing,
        }
    return head | {
        "title": case.title,
        "messages": list(finding.messages),
        "sides": {name: _side(finding, case, name, side) for name, side in case.sides.items()},
        "comparisons": [comparison_result(comparison) for comparison in finding.comparisons],
        "mutants": {"tried": finding.mutants, "survivors": list(finding.survivors)},
    }


def comparison_result(comparison: Comparison) -> Object:
    """One entry of `comparisons`."""
    why = comparison.explanation
    apart = comparison.divergence
    return {
        "between": list(comparison.between),
        "dtype": comparison.dtype,
        "mode": comparison.mode,
        "aspect": comparison.aspect,
        "verdict": comparison.verdict.value,
        "scope": comparison.scope.value if comparison.scope else None,
        "parting_input": comparison.parting_input,
        "message": comparison.message,
        "silence": comparison.silence.value,
        **_distance(apart),
        "residual": None if apart is None else json_number(why.residual),
        "factors": [_factor(factor) for factor in why.factors],
        "inactive": [_inactive(inactive) for inactive in why.inactive],
        "rivals": [_rival(rival) for rival in why.rivals],
        "remedy": _remedy(why.remedy) if why.remedy else None,
        "proofs": {
            "points": why.proofs.points.value,
            "residual": why.proofs.residual.value,
            "framework": why.proofs.framework.value,
        },
        "blame": why.blame,
        "expected": comparison.expected,
    }


def _address(finding: Finding) -> tuple[str, str]:
    return finding.case.path, finding.case.id


def _distance(apart: Divergence | None) -> Object:
    if apart is None:
        return {"gap": None, "bound": None, "ulps": None, "at": None, "detail": None}
    detail = None
    if apart.detail.ndim:
        places = first_differing(apart)
        detail = {"gap": written(apart.detail, places), "bound": written(apart.bounds, places)}
    return {
        "gap": json_number(apart.gap),
        "bound": json_number(apart.bound),
        "ulps": json_number(apart.ulps),
        "at": list(apart.at),
        "detail": detail,
    }


def _factor(factor: Factor) -> Object:
    return {
        "factor": factor.factor,
        "from": factor.before,
        "to": factor.after,
        "share": json_number(factor.share),
        "step": json_number(factor.step),
        "widens": factor.widens,
        "summary": factor.summary,
    }


def _inactive(inactive: Inactive) -> Object:
    return {
        "factor": inactive.factor,
        "from": inactive.before,
        "to": inactive.after,
        "activates": inactive.activates,
    }


def _rival(rival: Rival) -> Object:
    return {"factors": list(rival.factors), "summary": rival.summary, "settled": rival.settled}


def _remedy(remedy: Remedy) -> Object:
    return {"side": remedy.side, "expression": remedy.expression, "verified": remedy.verified}


def _side(finding: Finding, case: Case, name: str, side: Side) -> Object:
    """The side in the first dtype of the case; further dtypes, if any, under `others`."""
    own = [comparison for comparison in finding.comparisons if name in comparison.between]
    first, *others = [
        _outcome(side, finding.observations.get(Key(case.id, name, dtype)), dtype, own) for dtype in case.dtypes
    ]
    return {**_spelling(side), **first, "others": others}


def _spelling(side: Side) -> Object:
    match side:
        case Expression(text=text, framework=framework):
            return {"expression": text, "framework": framework, "mode": side.mode, "environment": side.environment}
        case Claim(text=text):
            return {"expression": text, "framework": None, "mode": None, "environment": ""}
        case Callable(name=name, framework=framework):
            return {"expression": name, "framework": framework, "mode": "eager", "environment": ""}
        case _:
            assert_never(side)


def _outcome(side: Side, seen: Observation | None, dtype: str, compared: Sequence[Comparison]) -> Object:
    def numbers(values: Array, aspect: str) -> Any:  # noqa: ANN401
        of_it = (each for each in compared if (each.dtype, each.aspect) == (dtype, aspect))
        return written(values, places_in(values.shape, of_it))

    nothing: Object = {"dtype": dtype, "shape": None, "value": None, "gradient": None, "message": ""}
    match side, seen:
        case Claim(value=value), _:
            return nothing | {"outcome": "claimed", "shape": list(value.shape), "value": numbers(value, "value")}
        case _, Computed():
            gradient = None if seen.gradient is None else numbers(seen.gradient, "gradient")
            given = {"shape": list(seen.value.shape), "value": numbers(seen.value, "value"), "gradient": gradient}
            return nothing | given | {"outcome": "computed", "dtype": seen.dtype, "message": seen.gradient_note}
        case _, _:
            outcome, message = outcome_in_words(seen)
            return nothing | {"outcome": outcome, "message": message}


def outcome_in_words(seen: Observation | None) -> tuple[str, str]:
    """The contract's word for what happened, and what there is to say about it."""
    match seen:
        case Computed(gradient_note=note):
            return "computed", note
        case Raised(kind=kind, message=message):
            return "raised", f"{kind}: {message}"
        case Unsupported(reason=reason):
            return "unsupported", reason
        case Crashed(reason=reason, stderr=stderr):
            return "crashed", f"{reason}\n{stderr}".strip()
        case TimedOut(seconds=seconds):
            return "timed_out", f"no answer within {seconds:g} s"
        case None:
            return "unsupported", "nobody was there to ask"
        case _:
            assert_never(seen)
