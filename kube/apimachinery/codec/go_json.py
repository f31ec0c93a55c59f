"""Parsing JSON as Go does: the same documents are accepted, and the same words say why one is not.

Called by the codec and by the patches. It parses with the standard library; only a document that fails is read again,
byte by byte, to find Go's words for it. Numbers keep the text they were written with, objects their repeated keys.
It knows nothing of types. Source: Go's `encoding/json/scanner.go`.
"""

from __future__ import annotations

import json
import re
from typing import Any

END = "unexpected end of JSON input"


class Number(float):
    """A number with a fraction or an exponent, which still knows how it was written."""

    text: str

    def __new__(cls, text: str) -> Number:
        number = super().__new__(cls, text)
        number.text = text
        return number


class Fields(dict[str, Any]):
    """An object in which keys were repeated. The last one won, as in Go."""

    repeated: tuple[str, ...] = ()


def loads(body: bytes) -> Any:
    """The value of a JSON text. Raises ValueError in Go's words."""
    text = body.decode("utf-8", "replace")
    try:
        value = _DECODER.decode(text)
    except RecursionError as error:
        raise ValueError("exceeded max depth") from error
    except ValueError as error:
        raise ValueError(_Scanner(text).why() or str(error)) from error
    return value if "\\ud" not in text and "\\uD" not in text else _without_lone_surrogates(value)


def syntax_error(text: str) -> tuple[int, str]:
    """After how many bytes the value that a text begins with fails to be JSON, and why; 0 and nothing if it does not.

    A text that ends too soon fails with `END`."""
    scanner = _Scanner(text)
    try:
        scanner.value()
    except _Wrong as found:
        return len(text[: scanner.at + 1].encode()), str(found)
    except RecursionError:
        return scanner.at, "exceeded max depth"
    return 0, ""


def has_repeated_keys(body: bytes) -> bool:
    """Whether any object in a well-formed text has a key twice. Cheap, for bodies that are otherwise right."""
    try:
        _KEYS.decode(body.decode())
    except _Repeated:
        return True
    return False


class _Repeated(Exception):
    """An object has a key twice."""


def _look_for_repeated(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) != len(pairs):
        raise _Repeated


_KEYS = json.JSONDecoder(object_pairs_hook=_look_for_repeated)


def _fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) == len(pairs):
        return fields
    known = Fields(fields)
    seen: set[str] = set()
    known.repeated = tuple(dict.fromkeys(k for k, _ in pairs if k in seen or seen.add(k)))  # type: ignore[func-returns-value]
    return known


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _integer(text: str) -> int | Number:
    return int(text) if len(text) < 4000 else Number(text)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_fields, parse_float=Number, parse_int=_integer, parse_constant=_no_constant
)


def _without_lone_surrogates(value: Any) -> Any:
    """Half of a surrogate pair is no character: Go reads U+FFFD."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_without_lone_surrogates(v) for v in value]
    if isinstance(value, dict):
        for key in list(value):
            value[key] = _without_lone_surrogates(value[key])
    return value


_STRING = re.compile(r'[^"\\\x00-\x1f]*')
_LITERALS = {"t": "true", "f": "false", "n": "null"}


class _Wrong(Exception):
    """The reason was found."""


class _Scanner:
    """Reads a text that is not JSON up to the character that makes it so."""

    def __init__(self, text: str):
        self.text = text
        self.at = 0

    def why(self) -> str:
        try:
            self.value()
            self.space()
            if self.at < len(self.text):
                self.wrong("after top-level value")
        except _Wrong as found:
            return str(found)
        except RecursionError:
            return "exceeded max depth"
        return ""

    def wrong(self, context: str) -> None:
        if self.at >= len(self.text):
            raise _Wrong(END)
        raise _Wrong(f"invalid character {_quote(self.text[self.at])} {context}")

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def space(self) -> str:
        while self.peek() and self.peek() in " \t\r\n":
            self.at += 1
        return self.peek()

    def value(self) -> None:
        char = self.space()
        if char == "{":
            self.object()
        elif char == "[":
            self.array()
        elif char == '"':
            self.string()
        elif char and char in "-0123456789":
            self.number()
        elif char in _LITERALS:
            self.literal(_LITERALS[char])
        else:
            self.wrong("looking for beginning of value")

    def object(self) -> None:
        self.at += 1
        first = True
        while True:
            char = self.space()
            if char == "}" and first:
                break
            if char != '"':
                self.wrong("looking for beginning of object key string")
            self.string()
            self.expect(":", "after object key")
            self.value()
            if self.expect(",}", "after object key:value pair") == "}":
                return
            first = False
        self.at += 1

    def array(self) -> None:
        self.at += 1
        if self.space() == "]":
            self.at += 1
            return
        while True:
            self.value()
            if self.expect(",]", "after array element") == "]":
                return

    def expect(self, chars: str, context: str) -> str:
        char = self.space()
        if not char or char not in chars:
            self.wrong(context)
        self.at += 1
        return char

    def string(self) -> None:
        self.at += 1
        while True:
            self.at = _STRING.match(self.text, self.at).end()  # type: ignore[union-attr]
            char = self.peek()
            if char == '"':
                self.at += 1
                return
            if char != "\\":
                self.wrong("in string literal")
            self.at += 1
            self.escape()

    def escape(self) -> None:
        if self.peek() == "u":
            self.at += 1
            for _ in range(4):
                if not self.peek() or self.peek() not in "0123456789abcdefABCDEF":
                    self.wrong("in \\u hexadecimal character escape")
                self.at += 1
            return
        if not self.peek() or self.peek() not in 'bfnrt\\/"':
            self.wrong("in string escape code")
        self.at += 1

    def number(self) -> None:
        if self.peek() == "-":
            self.at += 1
        if self.peek() == "0":
            self.at += 1
        else:
            self.digits("in numeric literal")
        if self.peek() == ".":
            self.at += 1
            self.digits("after decimal point in numeric literal")
        if self.peek() in ("e", "E"):
            self.at += 1
            if self.peek() in ("+", "-"):
                self.at += 1
            self.digits("in exponent of numeric literal")

    def digits(self, context: str) -> None:
        if not self.peek().isdigit():
            self.wrong(context)
        while self.peek().isdigit():
            self.at += 1

    def literal(self, word: str) -> None:
        for expected in word:
            if self.peek() != expected:
                self.wrong(f"in literal {word} (expecting '{expected}')")
            self.at += 1


_ESCAPES = {"'": r"'\''", '"': "'\"'", "\\": r"'\\'", "\n": r"'\n'", "\r": r"'\r'", "\t": r"'\t'", "\b": r"'\b'",
            "\f": r"'\f'", "\a": r"'\a'", "\v": r"'\v'"}  # fmt: skip


def _quote(char: str) -> str:
    """A character as Go quotes it. Go looks at bytes: of a longer character it shows the first."""
    if char in _ESCAPES:
        return _ESCAPES[char]
    first = chr(char.encode()[0])
    if first.isprintable():
        return f"'{first}'"
    code = ord(first)
    return f"'\\x{code:02x}'" if code < 0x80 else f"'\\u{code:04x}'"
