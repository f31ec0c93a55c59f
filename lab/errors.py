"""What can go wrong in a lab, in words for people. Raised everywhere in `lab`, caught once in `lab.__main__`."""

from __future__ import annotations


class LabError(Exception):
    """What failed; `hint` is what to do about it, or the end of a log."""

    def __init__(self, message: str, hint: str = ""):
        super().__init__(message)
        self.hint = hint
