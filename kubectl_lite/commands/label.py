"""`kubectl_lite label`: sets and removes labels."""

from __future__ import annotations

from kubectl_lite.metadata_maps import Pairs, Words, command_of


def _clash(clashes: list[str]) -> str:
    texts = [f"{clash}, and --overwrite is false" for clash in clashes]
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"


def _outcome(before: Pairs, after: Pairs, overwrite: bool, removed: list[str]) -> str:
    if before == after and (before or not removed):  # else an empty map comes where there was none
        return "not labeled"
    return "unlabeled" if not overwrite and len(after) < len(before) else "labeled"


cli = command_of(Words("label", "label", _clash, _outcome, tells_absent=True))
