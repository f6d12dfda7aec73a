"""Writes commands.md, what every command says of itself: `make docs`."""

from pathlib import Path

import click

from harness.cli import main

PAGE = Path(__file__).parent / "commands.md"
WIDTH = 100


def page() -> str:
    """The page as it should be."""
    names = main.list_commands(click.Context(main))
    sections = [_section("harness", main), *(_section(f"harness {name}", main.commands[name]) for name in names)]
    return "# Commands\n\nWritten by `make docs`: what `--help` prints.\n\n" + "\n".join(sections)


def _section(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name, terminal_width=WIDTH, max_content_width=WIDTH)
    return f"## {name}\n\n```\n{command.get_help(context).strip()}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
