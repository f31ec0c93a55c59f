"""What the writing commands share: their flags, dry runs, and the line that says what happened.

Called by `apply`, `create`, `delete` and their like. Calls the session and the printers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click
from click.core import ParameterSource

from kubectl_lite.cli import bool_option
from kubectl_lite.errors import CommandError
from kubectl_lite.printers.objects import OF_WRITES, Printer, printer_for
from kubectl_lite.resources import Target

_VALIDATION = {"": "Strict", "true": "Strict", "strict": "Strict", "warn": "Warn", "ignore": "Ignore",
               "false": "Ignore", "none": ""}  # fmt: skip


def dry_run(ctx: click.Context, _option: click.Parameter, value: str) -> str:
    """The value of a `--dry-run`. Raises CommandError for an unknown one."""
    if value not in ("none", "client", "server"):
        head = "error accessing --dry-run flag for command reconcile: " if ctx.command.name == "reconcile" else ""
        raise CommandError(f'{head}Invalid dry-run value ({value}). Must be "none", "server", or "client".')
    return value


def print_options(function: Callable[..., Any], *, output: str = "") -> Callable[..., Any]:
    """Adds the flags that say how objects are printed to a command. `output` is the default of `-o`."""
    for option in (
        click.option("-o", "--output", default=output, help=f"Output format. One of: ({', '.join(OF_WRITES)})."),
        click.option("--template", default="", help="The template of -o go-template or jsonpath, or its file."),
        bool_option("--allow-missing-template-keys", default=True, help="Fields that are not there are no error."),
        click.option("--show-managed-fields", is_flag=True, help="Keep managedFields in YAML and JSON."),
    ):
        function = option(function)
    return function


def printer_of(flags: dict[str, Any], **more: Any) -> Printer | None:
    """The printer that the flags of `print_options` ask for; takes them out of `flags`. Raises CommandError.

    A template alone wins over a default of `-o`.
    """
    context = click.get_current_context()
    if flags["template"] and context.get_parameter_source("output") is ParameterSource.DEFAULT:
        flags["output"] = ""
    return printer_for(
        flags.pop("output"), template=flags.pop("template"), allow_missing=flags.pop("allow_missing_template_keys"),
        managed_fields=flags.pop("show_managed_fields"), **({"formats": OF_WRITES} | more),
    )  # fmt: skip


DRY_RUN = click.option(
    "--dry-run", default="none", is_flag=False, flag_value="client", callback=dry_run,
    help='Must be "none", "server", or "client". client: only print what would be sent. server: send it, to be checked '
    "and answered, but not kept.",
)  # fmt: skip


def write_options(manager: str = "", *, dry_run: bool = True, validate: bool = False) -> Callable[..., Any]:
    """Adds to a command what says how it writes: `print_options`, and those of the three flags that it has.

    `manager` is the default of `--field-manager`; without one there is no such flag.
    """

    def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
        function = DRY_RUN(function) if dry_run else function
        if manager:
            text = "Name of the manager of the written fields."
            function = click.option("--field-manager", default=manager, help=text)(function)
        if validate:
            text = "What to do about unknown and duplicate fields: strict (refuse), warn, or ignore."
            function = click.option("--validate", default="strict", is_flag=False, flag_value="strict",
                                    help=text)(function)  # fmt: skip
        return print_options(function)

    return wrap


@dataclass
class Writing:
    """How to write: the flags of `write_options`, read; what a command has no flag for is the default."""

    output: str = ""
    dry_run: str = "none"
    field_manager: str = ""
    validation: str = "Strict"
    managed_fields: bool = False
    template: str = ""
    allow_missing: bool = True

    @classmethod
    def read(cls, flags: dict[str, Any], manager: str) -> Writing:
        """Takes its flags out of `flags`. Raises CommandError for an unknown `--validate`."""
        validate = flags.pop("validate", "none")
        printer_for(flags["output"], template=flags["template"], formats=OF_WRITES)  # told before anything is written
        if validate not in _VALIDATION:
            raise CommandError(
                f'invalid - validate option "{validate}"; must be one of: strict (or true), warn, ignore (or false)'
            )
        return cls(
            output=flags.pop("output"),
            dry_run=flags.pop("dry_run", "none"),
            field_manager=flags.pop("field_manager", "") or manager,
            validation=_VALIDATION[validate],
            managed_fields=flags.pop("show_managed_fields"),
            template=flags.pop("template"),
            allow_missing=flags.pop("allow_missing_template_keys"),
        )

    @property
    def params(self) -> dict[str, str]:
        """The query parameters of a write."""
        return {
            "fieldManager": self.field_manager,
            "fieldValidation": self.validation,
            "dryRun": "All" if self.dry_run == "server" else "",
        }

    def say(
        self, target: Target, what: str, obj: dict[str, Any], *, sort_keys: bool = True, quiet_dry_run: bool = False
    ) -> None:
        """Prints `service/myapp created`, or the object in the format asked for."""
        printer = printer_for(
            self.output, template=self.template, formats=OF_WRITES, allow_missing=self.allow_missing,
            managed_fields=self.managed_fields, sort_keys=sort_keys,
        )  # fmt: skip
        if printer:
            sys.stdout.write(printer(obj))
            return
        suffix = {"none": "", "client": " (dry run)", "server": " (server dry run)"}[self.dry_run]
        if quiet_dry_run and self.dry_run == "server":
            suffix = ""
        name = (obj.get("metadata") or {}).get("name") or target.name
        print(f"{target.mapping.printed}/{name} {what}{suffix}")


def for_each(found: list[Target], errors: list[str]) -> int:
    """Prints the failures of several objects at the end; returns the exit code."""
    for error in errors:
        print(error, file=sys.stderr)
    return 1 if errors else 0
