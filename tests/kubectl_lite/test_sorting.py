"""The order of `--sort-by`."""

import pytest

from kubectl_lite.errors import CommandError
from kubectl_lite.printers.sorting import ordered


def _sorted(*values: object) -> list[object]:
    objects = [{"v": value} if value != "-" else {} for value in values]
    return [obj.get("v", "-") for obj in ordered(objects, ".v", objects)]


CASES = [
    ([3, 1, 2], [1, 2, 3]),
    (["pod-10", "pod-2", "pod-1"], ["pod-1", "pod-2", "pod-10"]),
    (["1Gi", "100M", "500m"], ["500m", "100M", "1Gi"]),
    (["2026-01-02T00:00:00Z", "2025-12-31T00:00:00Z"], ["2025-12-31T00:00:00Z", "2026-01-02T00:00:00Z"]),
    ([2, "-", 1], ["-", 1, 2]),
    ([[2, 1], [1, 9], [1]], [[1], [1, 9], [2, 1]]),
    ([None, 1], [None, 1]),
]


@pytest.mark.parametrize(("given", "wanted"), CASES)
def test_orders_by_meaning(given: list[object], wanted: list[object]) -> None:
    assert _sorted(*given) == wanted


@pytest.mark.parametrize(
    ("path", "why"),
    [
        (".nosuch", r'couldn\'t find any field with path "\{.nosuch\}" in the list of objects'),
        (".v", r"Field \{.v\} is an unsortable type: unsortable type: map"),
        ("{", "unexpected path string"),
        (".v[", "unterminated array"),
    ],
)
def test_what_cannot_be_sorted_is_told(path: str, why: str) -> None:
    objects = [{"v": {}}, {"v": {"a": 1}}]
    with pytest.raises(CommandError, match=why):
        ordered(objects, path, objects)
