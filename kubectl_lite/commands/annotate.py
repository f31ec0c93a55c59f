"""`kubectl_lite annotate`: sets and removes annotations."""

from __future__ import annotations

from kubectl_lite.metadata_maps import Words, command_of


def _clash(clashes: list[str]) -> str:
    return f"--overwrite is false but found the following declared annotation(s): {'; '.join(clashes)}"


cli = command_of(Words("annotate", "annotation", _clash, lambda *_: "annotated", tells_absent=False))
