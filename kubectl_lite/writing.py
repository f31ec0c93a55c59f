"""What the writing commands share: their flags, dry runs, and the line that says what happened.

Called by `apply`, `create`, `delete` and their like. Calls the session and the printers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from kubectl_lite.errors import CommandError
from kubectl_lite.printers.objects import printer_for
from kubectl_lite.resources import Target

_VALIDATION = {"": "Strict", "true": "Strict", "strict": "Strict", "warn": "Warn", "ignore": "Ignore",
               "false": "Ignore"}  # fmt: skip


def write_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--dry-run`, `-o`, `--field-manager`, `--validate` to a command."""
    for option in (
        click.option("-o", "--output", default="", help="Output format of the object: yaml, json, name, jsonpath=…."),
        click.option("--show-managed-fields", is_flag=True, help="Keep managedFields in YAML and JSON."),
        click.option(
            "--dry-run",
            default="none",
            is_flag=False,
            flag_value="client",
            type=click.Choice(["none", "client", "server"]),
            help='"client": only print what would be sent. "server": send it, but do not persist.',
        ),
        click.option("--field-manager", default="", help="Name of the manager of the written fields."),
        click.option("--validate", default="strict", is_flag=False, flag_value="strict", help="strict, warn, ignore."),
    ):
        function = option(function)
    return function


@dataclass(frozen=True)
class Writing:
    """How to write: the flags of `write_options`, read."""

    output: str = ""
    dry_run: str = "none"
    field_manager: str = ""
    validation: str = "Strict"
    managed_fields: bool = False

    @classmethod
    def read(cls, flags: dict[str, Any], manager: str) -> Writing:
        """Takes its flags out of `flags`. Raises CommandError for an unknown `--validate`."""
        validate = flags.pop("validate")
        if validate not in _VALIDATION:
            raise CommandError(
                f'invalid - validate option "{validate}"; must be one of: strict (or true), warn, ignore (or false)'
            )
        return cls(
            output=flags.pop("output"),
            dry_run=flags.pop("dry_run"),
            field_manager=flags.pop("field_manager") or manager,
            validation=_VALIDATION[validate],
            managed_fields=flags.pop("show_managed_fields"),
        )

    @property
    def params(self) -> dict[str, str]:
        """The query parameters of a write."""
        return {
            "fieldManager": self.field_manager,
            "fieldValidation": self.validation,
            "dryRun": "All" if self.dry_run == "server" else "",
        }

    def say(self, target: Target, what: str, obj: dict[str, Any]) -> None:
        """Prints `service/myapp created`, or the object in the format asked for."""
        printer = printer_for(self.output, managed_fields=self.managed_fields)
        if printer:
            sys.stdout.write(printer(obj))
            return
        suffix = {"none": "", "client": " (dry run)", "server": " (server dry run)"}[self.dry_run]
        name = (obj.get("metadata") or {}).get("name") or target.name
        print(f"{target.mapping.printed}/{name} {what}{suffix}")


def for_each(found: list[Target], errors: list[str]) -> int:
    """Prints the failures of several objects at the end; returns the exit code."""
    for error in errors:
        print(error, file=sys.stderr)
    return 1 if errors else 0
