"""Flags as kubectl's own parser reads them: `-nfoo`, `-it`, `-w=false`, `--wait=false`, `--flag value`, `--`.

`kubectl_lite.cli` gives the flags of a command and the words after its name; what is found goes to click, which makes
ints and the like of it. `names` and `without` are how a sub-command is found among flags that stand before it. Pure.
Source: github.com/spf13/pflag/flag.go, github.com/spf13/cobra/command.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

TRUE, FALSE = ("1", "t", "T", "TRUE", "true", "True"), ("0", "f", "F", "FALSE", "false", "False")


class FlagError(Exception):
    """A word that is no flag, or a flag without its value; the text is pflag's."""


@dataclass(frozen=True)
class Flag:
    """One flag. `alone` is the value that it has when none is given; None if it must be given one."""

    name: str
    shorthand: str = ""
    alone: str | None = None


@dataclass
class Parsed:
    """What the words say."""

    values: list[tuple[str, str]] = field(default_factory=list)
    """Each flag's name with its value, in the order given; one that was repeated is here as often."""
    args: list[str] = field(default_factory=list)
    after_dashes: list[str] | None = None
    """The words after `--`, or None without it."""


class Flags:
    """The flags that one command knows."""

    def __init__(self, flags: Iterable[Flag]) -> None:
        self._by_name = {flag.name: flag for flag in flags}
        self._by_shorthand = {flag.shorthand: flag for flag in self._by_name.values() if flag.shorthand}

    def parse(self, words: Sequence[str]) -> Parsed:
        """Reads all words. Raises FlagError."""
        left, found = list(words), Parsed()
        while left:
            word = left.pop(0)
            if word == "--":
                found.after_dashes = left
                break
            if word.startswith("--"):
                found.values.append(self._long(word, left))
            elif word.startswith("-") and word != "-":
                found.values += self._short(word, left)
            else:
                found.args.append(word)
        return found

    def _long(self, word: str, left: list[str]) -> tuple[str, str]:
        name, equals, value = word[2:].partition("=")
        if not name or name[0] == "-":
            raise FlagError(f"bad flag syntax: {word}")
        flag = self._by_name.get(name.replace("_", "-"))
        if flag is None:
            raise FlagError(f"unknown flag: --{name}")
        if equals:
            return flag.name, value
        if flag.alone is not None:
            return flag.name, flag.alone
        if not left:
            raise FlagError(f"flag needs an argument: {word}")
        return flag.name, left.pop(0)

    def _short(self, word: str, left: list[str]) -> Iterator[tuple[str, str]]:
        letters = word[1:]
        while letters:
            flag = self._by_shorthand.get(letters[0])
            if flag is None:
                raise FlagError(f"unknown shorthand flag: {letters[0]!r} in -{letters}")
            rest = letters[1:]
            if rest[:1] == "=" and rest[1:]:
                yield flag.name, rest[1:]
                return
            if flag.alone is not None:
                yield flag.name, flag.alone
                letters = rest
                continue
            if not rest and not left:
                raise FlagError(f"flag needs an argument: {letters[0]!r} in -{letters}")
            yield flag.name, rest or left.pop(0)
            return

    # ---- where a sub-command stands ----

    def names(self, words: Sequence[str]) -> list[str]:
        """The words that are neither flags nor their values, as far as that can be told; none from `--` on."""
        left, found = list(words), []
        while left:
            word = left.pop(0)
            if word == "--":
                break
            if self._takes_next(word):
                if len(left) <= 1:
                    break
                del left[0]
            elif word and not word.startswith("-"):
                found.append(word)
        return found

    def without(self, words: Sequence[str], name: str) -> list[str]:
        """The words without the first that is `name` and no flag's value."""
        at = 0
        while at < len(words) and words[at] != "--":
            if self._takes_next(words[at]):
                at += 1
            elif words[at] == name:
                return [*words[:at], *words[at + 1 :]]
            at += 1
        return list(words)

    def _takes_next(self, word: str) -> bool:
        """Whether the next word is this one's value: so it is with flags that are not known yet, too."""
        if "=" in word or not word.startswith("-"):
            return False
        if word.startswith("--"):
            flag = self._by_name.get(word[2:])
        elif len(word) == 2:
            flag = self._by_shorthand.get(word[1])
        else:
            return False
        return flag is None or flag.alone is None


def parse_bool(text: str) -> bool:
    """True or false, in one of Go's spellings. Raises ValueError."""
    if text in TRUE or text in FALSE:
        return text in TRUE
    raise ValueError(f'strconv.ParseBool: parsing "{text}": invalid syntax')
