"""How READMEs become steps, and when an output is right."""

import pytest

from examples.readme import Step, matches, steps
from examples.runner import examples

TEXT = """\
Words.

```console
$ one
a
$ two \\
> more
```

```console eventually ipvs
$ three
```
"""


def test_steps():
    ordinary = [Step(4, "one", "a"), Step(6, "two \\\nmore", "")]
    assert list(steps(TEXT, "nftables")) == ordinary
    assert list(steps(TEXT, "ipvs")) == [*ordinary, Step(11, "three", "", eventually=True)]


@pytest.mark.parametrize(
    ("expected", "output", "right"),
    [
        ("", "", True), ("", "x\n", False), ("a", "a\n", True), ("a", "a\nb\n", False),
        ("a  b", "a\t b \n", True), ("10.96....", "10.96.1.2", True), ("10.96....", "10.97.1.2", False),
        ("a...c", "abc", True), ("a...c", "a\nc", False), ("...\nc", "a\nb\nc", True), ("...\nc", "c", True),
        ("a\n...", "a", True), ("a.c", "abc", False),
    ],
)  # fmt: skip
def test_matches(expected, output, right):
    assert matches(expected, output) is right


def test_there_are_five_and_each_has_commands_in_both_modes():
    assert [example.number for example in examples()] == [1, 2, 3, 4, 5]
    for example in examples():
        text = example.readme.read_text()
        assert list(steps(text, "ipvs")) and list(steps(text, "nftables"))
