"""What `top` makes of metrics; a server of them is none of ours."""

from kubectl_lite.commands.top import _amount, _ordered


def test_amounts_are_millicores_and_mebibytes() -> None:
    assert _amount({"cpu": "12345678n", "memory": "20480Ki"}) == (13, 20)
    assert _amount({}) == (0, 0)


def test_the_largest_come_first_when_sorted_and_names_otherwise() -> None:
    found = {"a": (1, 30), "b": (2, 20), "c": (2, 10)}
    assert [name for name, _ in _ordered(found, "cpu")] == ["b", "c", "a"]
    assert [name for name, _ in _ordered(found, "memory")] == ["a", "b", "c"]
    assert [name for name, _ in _ordered(found, "")] == ["a", "b", "c"]
