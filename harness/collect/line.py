"""One worker process and the line to it, from start to post-mortem."""

import contextlib
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import execnet
import execnet.gateway_base

import harness.records
from harness.collect import worker
from harness.processes import uninterrupted
from harness.records import Crashed

# Small inputs and several workers on few cores: one thread each. No accelerator, which would round differently and
# take seconds to start; no second compiler process; nothing written for people.
ENVIRON: Mapping[str, str] = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "CUDA_VISIBLE_DEVICES": "",
    "JAX_PLATFORMS": "cpu",
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TORCHINDUCTOR_COMPILE_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}
# Packages that a framework imports merely because they are installed, by process: a third of the import of Keras is
# scikit-learn, which its wrappers would serve, and JAX, which TensorFlow Lite would convert from.
WITHOUT: Mapping[str, tuple[str, ...]] = {"tensorflow": ("jax", "sklearn")}
# The import that everybody waits for in the end goes first; the others share what it leaves.
URGENT = frozenset({"tensorflow"})
NICENESS = 5
STDERR_TAIL = 8000
# How long a process may take to end once its line has broken.
GRACE_SECONDS = 3.0

# How an interpreter on another host is named.
REMOTE = "ssh="

Numbered = tuple[int, str]


class LineBroken(Exception):  # noqa: N818  it is news about the far end, not a mistake of ours
    """The worker's process is gone."""


class Nonsense(LineBroken):
    """What the worker says makes no sense; its process may live on. `culprit` is the request it spoke of, if known."""

    def __init__(self, message: str, culprit: int | None = None) -> None:
        super().__init__(message)
        self.culprit = culprit


class NotThere(Exception):  # noqa: N818
    """There is no such interpreter or host; trying again would not help."""


class AdapterMissing(Exception):  # noqa: N818
    """The worker cannot import the adapter; the text says why."""


def spec_of(python: str) -> str:
    """What execnet is asked for: a process of ours, of another interpreter here, or `ssh=host//python=…` elsewhere."""
    if python.startswith(REMOTE):
        return python
    return f"popen//python={shlex.quote(python)}" if python else "popen"


def shipped() -> dict[str, str]:
    """The source of every module that a worker needs, for a host that has no copy of the harness."""
    package = Path(harness.records.__file__).parent
    files = [file for pattern in ("*.py", "adapters/*.py", "collect/wire.py") for file in package.glob(pattern)]
    names = {file: ".".join(("harness", *file.relative_to(package).with_suffix("").parts)) for file in files}
    return {name.removesuffix(".__init__"): file.read_text(encoding="utf-8") for file, name in names.items()}


class Line:
    """A live worker process.

    Args:
        python: The interpreter, "" for the one that runs the harness, or `ssh=host//python=…` for one elsewhere.
        process: Name of the process: that of its framework, perhaps with a number behind a "+".
        folder: Where the worker's journal and stderr are kept.

    Raises:
        NotThere: There is no such interpreter or host.
        LineBroken: The process ended while it was starting.
    """

    def __init__(self, python: str, process: str, folder: Path) -> None:
        self.loaded: set[str] = set()
        self._log, self._journal = folder / "stderr", folder / "journal"
        self._log.touch()
        self._journal.touch()
        self._group = execnet.Group()
        here = python or sys.executable
        try:
            with uninterrupted():
                self._gateway = self._group.makegateway(spec_of(python))
        except (BrokenPipeError, EOFError, AssertionError) as error:
            raise LineBroken(f"{here} ended while it was starting") from error
        except (OSError, execnet.HostNotFound) as error:
            raise NotThere(f"{here} does not start: {error}") from error
        self._process: subprocess.Popen[bytes] = self._gateway._io.popen  # type: ignore[attr-defined]  # noqa: SLF001
        try:
            self._channel = self._gateway.remote_exec(worker)
        except OSError as error:
            raise LineBroken(f"{here} ended while it was starting") from error
        self._say(self._setup(process.partition("+")[0], python))

    def _setup(self, process: str, python: str) -> dict[str, object]:
        remote = python.startswith(REMOTE)
        return {
            "environ": dict(ENVIRON),
            "journal": os.devnull if remote else str(self._journal),
            "log": os.devnull if remote else str(self._log),
            "niceness": 0 if process in URGENT else NICENESS,
            "package": str(Path(harness.records.__file__).parent),
            "path": [] if python else list(sys.path),
            "shipped": shipped() if remote else {},
            "without": list(WITHOUT.get(process, ())),
        }

    def answers(self, target: str, batch: Sequence[Numbered], limit: float, start_limit: float) -> Iterator[Numbered]:
        """Send one batch and yield each answer as it arrives.

        Args:
            target: The adapter, as `module:attribute`.
            batch: Numbered requests.
            limit: Seconds that one evaluation may take.
            start_limit: Seconds that importing the framework may take.

        Raises:
            AdapterMissing: The adapter cannot be imported there.
            LineBroken: The process ended, or its answer makes no sense.
            TimeoutError: An evaluation, or the import, took longer than its limit.
        """
        self._say((target, list(batch)))
        missing = self._hear(limit if target in self.loaded else start_limit)
        if missing:
            raise AdapterMissing(str(missing))
        self.loaded.add(target)
        left = {number for number, _ in batch}
        while left:
            message = self._hear(limit)
            for number, text in _pairs(message):
                if number not in left:
                    raise Nonsense(f"answered request {number}, which was not asked")
                left.discard(number)
                yield number, text

    def _say(self, message: object) -> None:
        try:
            self._channel.send(message)
        except OSError as error:
            raise LineBroken("closed the line") from error

    def _hear(self, limit: float) -> Any:  # noqa: ANN401  whatever a worker may say
        try:
            return self._channel.receive(limit)
        except EOFError as error:
            raise LineBroken("closed the line") from error
        except execnet.gateway_base.RemoteError as error:
            raise Nonsense(str(error).strip().splitlines()[-1], self.begun()) from error
        except execnet.gateway_base.TimeoutError as error:
            raise TimeoutError from error

    def begun(self) -> int | None:
        """The number of the request that the worker began last, or None."""
        written = self._journal.read_bytes()[:8]
        return int.from_bytes(written, "little") if written else None

    def post_mortem(self, broken: LineBroken) -> Crashed:
        """End the process, and say how it died or what it said last."""
        reason = str(broken)
        if not isinstance(broken, Nonsense):
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = self._process.wait(GRACE_SECONDS)
                reason = f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        self.close()
        return Crashed(reason, self._log.read_text(errors="replace")[-STDERR_TAIL:])

    def close(self) -> None:
        """End the process and everything it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._group.terminate(timeout=GRACE_SECONDS)


def _pairs(message: object) -> list[Numbered]:
    match message:
        case list() if all(isinstance(item, tuple) and list(map(type, item)) == [int, str] for item in message):
            return message
        case _:
            raise Nonsense(f"said {str(message)[:80]!r}, which is no list of answers")
