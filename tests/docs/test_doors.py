"""Each foreign library is imported behind the doors that the README names, and every one that is installed is used."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("apiserver", "cluster_dns", "controllers", "kube", "kubectl_lite", "kubelet", "lab", "proxy")
MODULES = {"pyyaml": "yaml", "dnspython": "dns"}
_IMPORT = re.compile(r"^ *(?:import|from) (\w+)", re.MULTILINE)


def doors() -> dict[str, list[str]]:
    """Library -> the paths behind which it may be imported."""
    table = (ROOT / "README.md").read_text().split("## Libraries")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines() if line.startswith("| ")]
    return {library: re.findall("`([^`]+)`", place) for library, _, place in rows[1:]}


@cache
def imports() -> set[tuple[str, str]]:
    """(the top name of a module, the file that imports it)"""
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    return {(name, str(file.relative_to(ROOT))) for file in files for name in _IMPORT.findall(file.read_text())}


def test_libraries_are_imported_behind_their_doors_only() -> None:
    strays = [
        f"{library}: {file}"
        for library, places in doors().items()
        for module, file in imports()
        if module == MODULES.get(library, library) and not file.startswith(tuple(places))
    ]
    assert strays == []


def test_each_door_is_used() -> None:
    by_module: dict[str, set[str]] = {}
    for module, file in imports():
        by_module.setdefault(module, set()).add(file)
    closed = [
        f"{library}: {place}"
        for library, places in doors().items()
        for place in places
        if not any(file.startswith(place) for file in by_module.get(MODULES.get(library, library), ()))
    ]
    assert closed == []


def test_the_table_has_what_is_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert sorted(doors()) == sorted(re.split("[<>=]", wanted)[0] for wanted in project["dependencies"])
