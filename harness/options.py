"""What is typed behind an option, read into what the house understands."""

import importlib
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from harness.errors import CaseError, RunError
from harness.records import InputArray


def names(text: str | None) -> tuple[str, ...] | None:
    """Adapters from "torch,keras"; None for all.

    Raises:
        AdapterError: Nobody has registered an adapter of that name.
    """
    if not text:
        return None
    from harness.collect.environments import find_adapter

    found = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in found:
        find_adapter(name)
    return found


def existing(paths: Sequence[Path]) -> Sequence[Path]:
    """The paths, if each is there: a mistyped one would leave a report on nothing.

    Raises:
        CaseError: `unreadable-file`, for the first that is not.
    """
    for path in paths:
        if not os.path.exists(path):  # noqa: PTH110  Path.exists raises where a folder may not be looked into
            message = "there is no such file or folder; name a YAML file or a folder of them"
            raise CaseError("unreadable-file", message, str(path))
    return paths


def writable(folder: Path, *, make: bool) -> None:
    """Find out whether a file can be written into `folder`, before minutes are spent on what would be in it.

    Raises:
        RunError: `unwritable`.
    """
    try:
        if make:
            folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        message = f"nothing can be written there ({error.strerror}); name another place"
        raise RunError("unwritable", message, str(folder)) from error


def page(path: Path | None) -> Path | None:
    """A file that can be written, in a folder that is there; None for none.

    Raises:
        RunError: `unwritable`.
    """
    if path is not None:
        writable(path.parent, make=False)
    if path is not None and path.is_dir():
        raise RunError("unwritable", "this is a folder; name a file in it", str(path))
    return path


def shard(text: str | None) -> tuple[int, int] | None:
    """(2, 4) from "2/4"; None for the whole.

    Raises:
        click.BadParameter: It is no part of a whole.
    """
    if text is None:
        return None
    part, _, parts = text.partition("/")
    if not (part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
        raise click.BadParameter(f"{text!r} is no part of a whole; write 1/4 for the first of four")
    return int(part), int(parts)


def read_inputs(asked: Mapping[str, Any]) -> dict[str, InputArray]:
    """Prediction, target and further inputs, each written as in a case file.

    Raises:
        CaseError: With the place within what was typed.
        click.BadParameter: An `--input` that names nothing.
    """
    typed = [(name, asked[name]) for name in ("prediction", "target") if asked[name] is not None]
    for text in asked["more"]:
        name, equals, value = text.partition("=")
        if not equals or not name.strip().isidentifier():
            raise click.BadParameter(f"{text!r} is not NAME=ARRAY", param_hint="--input")
        typed.append((name.strip(), value))
    return {name: _input(name, text) for name, text in typed}


def _input(name: str, text: str) -> InputArray:
    from harness.generators import read_input
    from harness.yaml_reader import read_yaml

    key = f"{name}: "
    try:
        return read_input(read_yaml(key + text).entries[name], name)
    except CaseError as error:
        error.where = name
        # The reader counts from the start of the line it was given; what ends too early ends on the line after.
        error.line, typed = 1, (error.column or 1) - len(key) if error.line == 1 else len(text) + 1
        error.column = max(1, typed)
        raise


def loss(text: str, allowed: Sequence[str]) -> str | Callable[..., object]:
    """The user's function called MODULE:NAME, if they allowed its import by that name; else the text itself.

    Raises:
        click.BadParameter: There is no such function.
    """
    if text not in allowed:
        return text
    module, _, name = text.partition(":")
    sys.path.insert(0, "")
    try:
        found: Callable[..., object] = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise click.BadParameter(f"{text!r} cannot be imported: {error}", param_hint="--allow-import") from error
    return found
