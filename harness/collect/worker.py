"""The far end of the line: what runs inside a worker process.

Its source is sent over by execnet, so it imports nothing but the standard library until `mount` has put the harness
within reach. An execnet worker keeps the real stdout for itself; whatever a framework prints goes nowhere.
"""

import faulthandler
import importlib
import importlib.abc
import importlib.metadata
import importlib.util
import os
import sys
import time
import types
import warnings
from typing import Any

# Where answers wait at most this long for company before they are sent: a message costs as much as a small evaluation.
FLUSH_SECONDS = 0.002


class Shipped(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Modules whose source came over the line: on another host there is no folder to import them from."""

    def __init__(self, sources: dict[str, str]) -> None:
        self.sources = sources

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:  # noqa: ANN401
        """Ours by the names of their modules."""
        del path, target
        return importlib.util.spec_from_loader(name, self) if name in self.sources else None

    def get_source(self, name: str) -> str:
        """As it was read over there."""
        return self.sources[name]

    def is_package(self, name: str) -> bool:
        """Whether other modules are in it."""
        return any(other.startswith(f"{name}.") for other in self.sources)


def mount(package_folder: str, sources: dict[str, str]) -> None:
    """Make the harness importable from its folder, and nothing that happens to lie beside it, or from its sources.

    The packages are empty shells: their `__init__` modules serve the process that plans, and import what it needs.
    """
    if sources:
        sys.meta_path.insert(0, Shipped(sources))
    for name, folder in (("harness", package_folder), ("harness.collect", os.path.join(package_folder, "collect"))):  # noqa: PTH118
        shell = types.ModuleType(name)
        shell.__path__ = [folder]
        sys.modules[name] = shell


def load(target: str) -> Any:  # noqa: ANN401  an adapter of an environment that is not ours
    """The adapter at `module:attribute`, set up; or the reason, a text, why there is none."""
    module, _, attribute = target.partition(":")
    try:
        adapter = getattr(importlib.import_module(module), attribute)
    except ImportError as error:
        return f"{error}"
    adapter.prepare()
    return adapter


def serve(channel: Any, setup: dict[str, Any]) -> None:  # noqa: ANN401
    """Answer batches until the line closes.

    A batch is (target, [(number, request), …]); the replies are a text, empty or why the adapter is missing, and then
    lists of (number, observation). Before each evaluation its number is written to the journal, so that the near end
    knows on which request a worker died.
    """
    journal = os.open(setup["journal"], os.O_WRONLY)
    adapters: dict[str, Any] = {}
    for target, requests in channel:
        if target not in adapters:
            adapters[target] = load(target)
        missing = adapters[target] if isinstance(adapters[target], str) else ""
        channel.send(missing)
        if not missing:
            answer(channel, journal, adapters[target], requests)


def answer(channel: Any, journal: int, adapter: Any, requests: list[tuple[int, str]]) -> None:  # noqa: ANN401
    """Evaluate one batch."""
    from harness.adapters.evaluate import observe  # noqa: PLC0415  within reach only after `mount`
    from harness.collect import wire  # noqa: PLC0415

    done: list[tuple[int, str]] = []
    sent = time.monotonic()
    for number, text in requests:
        os.pwrite(journal, number.to_bytes(8, "little"), 0)
        done.append((number, wire.dumps(observe(adapter, wire.load_request(text)))))
        if time.monotonic() - sent > FLUSH_SECONDS:
            channel.send(done)
            done, sent = [], time.monotonic()
    if done:
        channel.send(done)


def start(channel: Any) -> None:  # noqa: ANN401
    """Set the process up as the first message says, and serve."""
    setup = channel.receive()
    # A group of its own: Ctrl-C at a terminal ends the run, which then ends its workers and all that they started.
    # Not a session: the kernel would weigh sessions against each other, and niceness would mean nothing.
    os.setpgrp()
    os.nice(setup["niceness"])
    os.environ.update(setup["environ"])
    os.dup2(os.open(setup["log"], os.O_WRONLY | os.O_APPEND), 2)
    faulthandler.enable()
    warnings.simplefilter("ignore")
    sys.path[:] = setup["path"] or sys.path
    for name in setup["without"]:
        sys.modules[name] = None  # type: ignore[assignment]  # this makes an import fail
    mount(setup["package"], setup["shipped"])
    try:
        serve(channel, setup)
    except SystemExit as leaving:
        # execnet would catch it and live on with a closed line.
        os._exit(leaving.code if isinstance(leaving.code, int) else 1)


if __name__ == "__channelexec__":
    start(channel)  # type: ignore[name-defined]  # noqa: F821  execnet puts it there
