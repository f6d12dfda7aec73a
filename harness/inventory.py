"""What there is: cases, APIs, adapters, factors and environments, as rows for `harness list` and `harness doctor`."""

import importlib.metadata
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from harness.errors import AdapterError
from harness.records import BrokenCase

Rows = list[tuple[str, ...]]


def cases(paths: Sequence[Path]) -> Rows:
    """Id, number of sides, path and title of every case; of a malformed one where and what."""
    from harness.cases import load_cases

    read, broken = load_cases(paths)
    rows: Rows = [(case.id, f"{len(case.sides)} sides", case.path, case.title) for case in read]
    rows += [(each.id or "?", "malformed", _place(each), each.message) for each in broken]
    return rows


def _place(case: BrokenCase) -> str:
    return ":".join(str(part) for part in (case.path, case.line, case.column) if part is not None)


def apis() -> Rows:
    """Every call of the catalog: framework, family, path and parameters."""
    from harness.catalog import APIS

    ordered = sorted(APIS.values(), key=lambda api: (api.framework, api.family, api.path))
    return [(api.framework, api.family, api.path, ", ".join(api.parameters)) for api in ordered]


def adapters() -> Rows:
    """Every adapter: name and place, ours and those that others registered."""
    from harness.collect.environments import ADAPTERS, registered, target_of

    others = registered().keys() - {*ADAPTERS}
    return [(name, target_of(name)) for name in (*ADAPTERS, *sorted(others))]


def factors() -> Rows:
    """Every stage, and under it every factor that an explanation may name, with its meaning."""
    from harness.factors import FACTORS
    from harness.report.words import STAGES, meaning

    names = [name for name in FACTORS if name not in STAGES]
    rows: Rows = []
    for stage, sentence in STAGES.items():
        rows.append((stage, sentence))
        rows += [(f"  {name}", meaning(name)) for name in names if name.startswith(f"{stage}.")]
    return rows


def environments(store: Path) -> Rows:
    """Python, store, and every adapter in every environment with the versions that decide its answers.

    Adapters that others registered come last: they are looked for in this environment only.
    """
    from harness.collect.environments import PACKAGES, TENSORFLOW, VARIABLE, interpreters, survey

    rows: Rows = [
        ("harness", _version(), ""),
        ("python", platform.python_version(), platform.platform()),
        ("store", str(store), f"{store.stat().st_size:,} bytes" if store.exists() else "not made yet"),
    ]
    for name, python in interpreters(os.environ.get(VARIABLE, "")).items():
        try:
            versions = survey(python)
        except AdapterError as error:
            rows.append((name, "broken", error.message))
            continue
        for adapter, packages in PACKAGES.items():
            found = [f"{package} {versions[package]}" for package in packages if package in versions]
            own = any(package in versions for package in (TENSORFLOW if adapter == "tensorflow" else packages[:1]))
            rows.append((f"{adapter}{f' in {name}' if name else ''}", "ready" if own else "missing", ", ".join(found)))
    return rows + _others()


def _others() -> Rows:
    from harness.collect.environments import ADAPTERS, find_adapter, registered

    rows: Rows = []
    for name, point in sorted(registered().items()):
        if name not in ADAPTERS:
            come_with = f"{point.dist.name} {point.dist.version}" if point.dist else ""
            try:
                find_adapter(name)
                rows.append((name, "ready", come_with))
            except AdapterError as error:
                rows.append((name, "missing", error.message))
    return rows


def _version() -> str:
    try:
        return importlib.metadata.version("loss-harness")
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


LISTS: Mapping[str, Callable[[], Rows]] = {"apis": apis, "adapters": adapters, "factors": factors}
