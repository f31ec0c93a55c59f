"""Giving text to the person's own editor, and taking it back. Called by `edit` and
`create --edit`.

The editor is $KUBE_EDITOR, else $EDITOR, else vi, run through the shell when it has words of its own, as kubectl does.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from kubectl_lite.errors import CommandError

HEAD = """\
# Please edit the object below. Lines beginning with a '#' will be ignored,
# and an empty file will abort the edit. If an error occurs while saving this file will be
# reopened with the relevant failures.
#
"""


def without_comments(text: str) -> str:
    """What the person has left, without the lines that were for the person only."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.lstrip().startswith("#"))


class Editor:
    """One file that is edited as often as needed."""

    def __init__(self, suffix: str = ".yaml", *, windows: bool = False):
        handle, name = tempfile.mkstemp(prefix="kubectl_lite-edit-", suffix=suffix)
        os.close(handle)
        self.path, self._newline = Path(name), "\r\n" if windows else "\n"
        self.command = os.environ.get("KUBE_EDITOR") or os.environ.get("EDITOR") or "vi"

    def edit(self, text: str) -> str:
        """Shows the text; returns what was saved. Raises CommandError when the editor fails."""
        self.path.write_text(text, newline=self._newline)
        try:
            done = subprocess.run([*shlex.split(self.command), str(self.path)], check=False)
        except OSError as why:
            what = "there was a problem with" if "/" in self.command else "unable to launch"
            raise CommandError(f'{what} the editor "{self.command}"') from why
        if done.returncode:
            raise CommandError(f'there was a problem with the editor "{self.command}"')
        return self.path.read_text()

    def forget(self) -> None:
        """Removes the file, unless somebody still needs it."""
        self.path.unlink(missing_ok=True)
