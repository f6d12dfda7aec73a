"""Which interpreters there are, which adapters, and what versions of everything they have.

The environment "" is the interpreter that runs the harness. Others are named by the variable HARNESS_ENVIRONMENTS, as
`torch-2.1=/path/to/python,torch-2.5=ssh=user@host//python=/path/to/another`; such an interpreter needs NumPy and the
framework, and not the harness.
"""

import hashlib
import importlib.metadata
import importlib.util
import json
import platform
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import execnet

import harness.records
from harness.collect.line import REMOTE
from harness.errors import AdapterError
from harness.naming import nearest

VARIABLE = "HARNESS_ENVIRONMENTS"
GROUP = "harness.adapters"

# The distributions whose versions decide what an adapter answers. TensorFlow goes by several names.
TENSORFLOW = ("tensorflow", "tensorflow-cpu", "tensorflow-intel", "tensorflow-macos")
PACKAGES: Mapping[str, tuple[str, ...]] = {
    "torch": ("torch", "numpy", "scipy"),
    "tensorflow": (*TENSORFLOW, "keras", "numpy", "scipy"),
    "keras": ("keras", *TENSORFLOW, "numpy", "scipy"),
    "jax": ("jax", "jaxlib", "optax", "numpy", "scipy"),
    "numpy": ("numpy", "scipy", "ml_dtypes"),
    "sklearn": ("scikit-learn", "numpy", "scipy"),
    "onnx": ("onnx", "onnxruntime", "numpy"),
}
ADAPTERS = tuple(PACKAGES)
# Keras computes on TensorFlow: in one process the slowest of all imports is paid once.
PROCESS: Mapping[str, str] = {"keras": "tensorflow"}

# What decides an answer besides the versions: how a framework is asked.
SOURCES = ("adapters/*.py", "syntax.py", "trees.py", "collect/line.py", "collect/worker.py")

SURVEY = """
import importlib.metadata, json, platform, sys
found = {"python": platform.python_version()}
for name in sys.argv[1:]:
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
print(json.dumps(found))
"""


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprint:
    """What an observation depends on besides its request: `versions` by package, and the adapters' own source."""

    versions: Mapping[str, str]
    source: str

    def text(self) -> str:
        """One line, the same for equal fingerprints."""
        return json.dumps([sorted(self.versions.items()), self.source])


def interpreters(setting: str) -> Mapping[str, str]:
    """Interpreter path by environment name, as HARNESS_ENVIRONMENTS says; "" is ours and has the path "".

    Raises:
        AdapterError: The setting is not of the form `name=path,name=path`.
    """
    entries = [entry.strip() for entry in setting.split(",") if entry.strip()]
    bad = next((entry for entry in entries if "=" not in entry.strip("=")), None)
    if bad is not None:
        message = f"{VARIABLE} holds {bad!r}; write name=/path/to/python, with commas between"
        raise AdapterError("bad-environments", message)
    return {"": ""} | {name.strip(): path.strip() for name, _, path in (entry.partition("=") for entry in entries)}


def target_of(adapter: str) -> str:
    """Where an adapter lives, as `module:attribute`; a name with a colon is such a place itself.

    Raises:
        AdapterError: Nobody has registered an adapter of that name.
    """
    if ":" in adapter:
        return adapter
    if adapter in ADAPTERS:
        return f"harness.adapters.{adapter}:adapter"
    found = {name: point.value for name, point in registered().items()}
    if adapter not in found:
        known = dict.fromkeys((*ADAPTERS, *found))
        raise AdapterError(
            "no-adapter", f"no adapter is called {adapter!r}{nearest(adapter, known)}; known: {', '.join(known)}"
        )
    return found[adapter]


def registered() -> dict[str, importlib.metadata.EntryPoint]:
    """The adapters that packages have registered, ours among them, by name."""
    return {point.name: point for point in importlib.metadata.entry_points(group=GROUP)}


def find_adapter(adapter: str) -> None:
    """Find out whether there is an adapter, without importing it.

    Raises:
        AdapterError: Nobody has registered it, or there is no module at its place.
    """
    module = target_of(adapter).partition(":")[0]
    try:
        found = importlib.util.find_spec(module)
    except ImportError:  # a package that it would be in
        found = None
    if found is None:
        raise AdapterError("no-adapter", f"no module {module!r} is there for the adapter {adapter!r}; install it")


def process_of(adapter: str) -> str:
    """The name of the process that serves an adapter."""
    return PROCESS.get(adapter, adapter)


@lru_cache(maxsize=64)
def fingerprint(python: str, adapter: str) -> Fingerprint:
    """What decides the answers of an adapter in an environment, found out without importing a framework.

    Raises:
        AdapterError: The interpreter does not run.
    """
    versions = survey(python)
    own = PACKAGES.get(adapter, tuple(versions))
    found = {name: versions[name] for name in ("python", *own) if name in versions}
    package = registered()[adapter].dist if adapter not in PACKAGES and adapter in registered() else None
    if package is not None:
        found[package.name] = package.version
    return Fingerprint(found, _source(target_of(adapter).partition(":")[0]))


@lru_cache(maxsize=16)
def survey(python: str) -> Mapping[str, str]:
    """Versions of Python and of every package in PACKAGES that an interpreter has.

    Raises:
        AdapterError: The interpreter does not run.
    """
    names = list(dict.fromkeys(name for packages in PACKAGES.values() for name in packages))
    if not python:
        return {"python": platform.python_version(), **_installed(names)}
    try:
        done = subprocess.run(command(python, SURVEY, names), capture_output=True, text=True, check=True, timeout=60)  # noqa: S603  the interpreter the user named
        versions: Mapping[str, str] = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        by_hand = shlex.join(command(python, "print(1)", []))
        message = f"{python} does not run as a Python interpreter ({_what_it_did(error)}); try {by_hand}"
        raise AdapterError("bad-interpreter", message) from error
    return versions


def command(python: str, script: str, arguments: Sequence[str]) -> list[str]:
    """What runs a script in an interpreter here, or over there where it is named `ssh=host//python=…`."""
    if not python.startswith(REMOTE):
        return [python, "-c", script, *arguments]
    spec = execnet.XSpec(python)
    return ["ssh", "-C", *str(spec.ssh).split(), shlex.join([spec.python or "python", "-c", script, *arguments])]


def _what_it_did(error: Exception) -> str:
    match error:
        case subprocess.CalledProcessError(returncode=code, stderr=str(said)):
            return f"exit code {code}: {said.strip().splitlines()[-1]}" if said.strip() else f"exit code {code}"
        case subprocess.TimeoutExpired(timeout=seconds):
            return f"no answer within {seconds:g} s"
        case OSError(strerror=str(reason)):
            return reason
        case _:
            return "it said something else"


def _installed(names: list[str]) -> dict[str, str]:
    found = {}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


@lru_cache(maxsize=16)
def _source(module: str) -> str:
    """A hash over the source of everything between a request and the framework."""
    package = Path(harness.records.__file__).parent
    files = [path for pattern in SOURCES for path in sorted(package.glob(pattern))]
    spec = importlib.util.find_spec(module)
    own = [Path(spec.origin)] if spec and spec.origin and not module.startswith("harness.") else []
    digest = hashlib.blake2b(digest_size=16)
    for path in (*files, *own):
        digest.update(path.read_bytes())
    return digest.hexdigest()
