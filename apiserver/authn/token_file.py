"""Static bearer tokens from a file of comma-separated lines: token, user, uid, and optional quoted groups.

Called when the server starts. It calls the csv module. The file is read once, as kube-apiserver reads it.
Source: k8s.io/apiserver/pkg/authentication/token/tokenfile.
"""

from __future__ import annotations

import csv
from pathlib import Path

from apiserver.authn.user import User


def read_token_file(path: str | Path) -> dict[str, User]:
    """Token -> user. Raises ValueError naming the line that lacks a column."""
    users: dict[str, User] = {}
    with Path(path).open(newline="") as file:
        for number, row in enumerate(csv.reader(file, skipinitialspace=True), 1):
            if not row:
                continue
            if len(row) < 3:
                raise ValueError(f"{path}: line {number}: need at least token, user name and user uid")
            token, name, uid, *rest = (cell.strip() for cell in row)
            groups = tuple(g.strip() for g in rest[0].split(",") if g.strip()) if rest else ()
            if token:
                users[token] = User(name, uid, groups).authenticated()
    return users
