"""Every benchmark in a size that takes minutes, one after another; what they print is kept in `results.md`.

Run `python -m benchmarks`. Each is a process of its own, so that none finds what another has loaded.
"""

import subprocess
import sys
from pathlib import Path

REDUCED = {
    "benchmarks.speed": ("--seconds", "0.5"),
    "benchmarks.cold": ("--runs", "3"),
    "benchmarks.injections": ("--count", "200"),
    "benchmarks.identification": ("--only", "compositions", "--compositions", "20"),
    "benchmarks.equal_pairs": ("--pairs", "2000"),
    "benchmarks.rules": ("--seeds", "1"),
}
RESULTS = Path(__file__).parent / "results.md"


def main() -> None:
    """Run each, print what it prints, and keep it."""
    parts = ["# Results\n"]
    for module, arguments in REDUCED.items():
        command = ["-m", module, *arguments]
        done = subprocess.run([sys.executable, *command], stdout=subprocess.PIPE, text=True, check=True)
        parts.append(f"## `python {' '.join(command)}`\n\n```text\n{done.stdout.rstrip()}\n```\n")
        print(parts[-1], flush=True)
        RESULTS.write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
