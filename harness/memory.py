"""What the last report in a folder was made of, so that nothing is judged twice.

Judging is a pure function of the run and of this code: where both are as they were, so is the report that lies there.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import harness
from harness.collect.wire import dumps
from harness.records import Run

FILE = ".judged.json"
# Without one of these there is no report to be recalled.
REPORT = ("index.html", "results.json", "junit.xml", "summary.md")


@dataclass(frozen=True, slots=True)
class Overview:
    """What a command said at its end: the text it printed, and its exit code."""

    text: str
    code: int


def fingerprint(run: Run, *, asked: bool) -> str:
    """A hash of all that judging depends on: cases, observations, our source, and whether frameworks were asked on."""
    digest = hashlib.sha256(f"{asked} {_source()}".encode())
    for part in (run.cases, run.broken, sorted(run.missing.items()), sorted(run.environment.items())):
        digest.update(dumps(tuple(part)).encode())
    for key in sorted(run.observations, key=lambda k: (k.case, k.side, k.dtype)):
        digest.update(dumps((key.case, key.side, key.dtype, run.observations[key])).encode())
    return digest.hexdigest()


def _source() -> str:
    root = Path(harness.__file__).parent
    stats = ((path, path.stat()) for path in sorted(root.rglob("*")) if path.suffix in {".py", ".html", ".css", ".js"})
    return " ".join(f"{path}:{stat.st_size}:{stat.st_mtime_ns}" for path, stat in stats)


def recall(out: Path, made_of: str) -> Overview | None:
    """The overview of the report in `out` if it was made of the same; None otherwise."""
    try:
        kept = json.loads((out / FILE).read_text(encoding="utf-8"))
        same = kept["made_of"] == made_of and all((out / name).exists() for name in REPORT)
        return Overview(kept["text"], kept["code"]) if same else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remember(out: Path, made_of: str, overview: Overview) -> None:
    """Keep beside the report what it was made of."""
    kept = {"made_of": made_of, "text": overview.text, "code": overview.code}
    (out / FILE).write_text(json.dumps(kept), encoding="utf-8")
