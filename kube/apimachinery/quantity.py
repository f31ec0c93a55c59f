"""Quantities: `500m` of a CPU, `1Gi` of memory. Parsing, the canonical form, comparison and sums.

Called by the field type `Quantity` for what clients send, by validation, the scheduler and the printers. It calls
nothing. The rules and the error texts are those of k8s.io/apimachinery's `resource.Quantity`.

A quantity keeps the format it was written in: decimal (`k`, `M`, `m`), binary (`Ki`, `Mi`) or exponent (`e3`). Its
canonical form has no fraction, and the largest suffix that loses nothing: `0.5` is `500m`, `1000m` is `1`, `1.5Gi`
is `1536Mi`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, total_ordering
from typing import Literal

FORMAT_WRONG = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
SUFFIX_WRONG = "unable to parse quantity's suffix"
NUMERIC_WRONG = "unable to parse numeric part of quantity"

Format = Literal["DecimalSI", "BinarySI", "DecimalExponent"]

_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_DECIMAL_SUFFIX = {exponent: suffix for suffix, exponent in _DECIMAL.items()}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_BINARY_SUFFIX = {power: suffix for suffix, power in _BINARY.items()}
_SHAPE = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*)([-+]?[0-9]*)")
_LARGEST = Fraction(2**63 - 1)
_NANO = Fraction(1, 10**9)


@total_ordering
@dataclass(frozen=True, eq=False)
class Quantity:
    """An exact amount, and the format to write it in. Quantities of different formats compare by amount."""

    amount: Fraction
    format: Format = "DecimalSI"

    def __add__(self, other: Quantity) -> Quantity:
        return Quantity(self.amount + other.amount, self.format if self.amount else other.format)

    def __sub__(self, other: Quantity) -> Quantity:
        return Quantity(self.amount - other.amount, self.format if self.amount else other.format)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quantity) and self.amount == other.amount

    def __lt__(self, other: Quantity) -> bool:
        return self.amount < other.amount

    def __hash__(self) -> int:
        return hash(self.amount)

    @property
    def value(self) -> int:
        """The amount rounded up to a whole number: bytes, or whole CPUs."""
        return _round_up(self.amount)

    @property
    def milli_value(self) -> int:
        """Thousandths, rounded up: how CPUs are counted."""
        return _round_up(self.amount * 1000)

    def __str__(self) -> str:
        """The canonical form."""
        if self.format == "BinarySI" and abs(self.amount) >= 1024:
            return _binary(self.amount)
        return _decimal(self.amount, exponent_form=self.format == "DecimalExponent")


def parse(text: str) -> Quantity:
    """Raises ValueError in Kubernetes' words."""
    shape = _SHAPE.fullmatch(text)
    if not shape or not text:
        raise ValueError(FORMAT_WRONG)
    sign, whole, decimals, letters, digits = shape.groups()
    factor, format_ = _suffix(letters + digits)
    if not whole and not decimals:
        raise ValueError(NUMERIC_WRONG)
    amount = Fraction(int((whole or "0") + (decimals or "")), 10 ** len(decimals or "")) * factor
    amount = min(_up_to_nano(amount), _LARGEST)
    return Quantity(-amount if sign == "-" else amount, format_)


@lru_cache(4096)
def canonical(text: str) -> str:
    """`1000m` -> `1`: a client's quantity as the server keeps it. Raises ValueError in Kubernetes' words."""
    return str(parse(text))


def _suffix(text: str) -> tuple[Fraction, Format]:
    if text in _DECIMAL:
        return Fraction(10) ** _DECIMAL[text], "DecimalSI"
    if text in _BINARY:
        return Fraction(1024) ** _BINARY[text], "BinarySI"
    if re.fullmatch(r"[eE][-+]?[0-9]{1,6}", text):
        return Fraction(10) ** max(-40, min(40, int(text[1:]))), "DecimalExponent"
    raise ValueError(SUFFIX_WRONG)


def _round_up(amount: Fraction) -> int:
    """Away from zero, as Go's Quantity does."""
    return -(-amount.numerator // amount.denominator) if amount >= 0 else amount.numerator // amount.denominator


def _up_to_nano(amount: Fraction) -> Fraction:
    """Nothing is finer than a billionth: the rest is rounded up."""
    return _round_up(amount / _NANO) * _NANO


def _binary(amount: Fraction) -> str:
    if amount.denominator != 1:
        return _decimal(amount, exponent_form=False)
    number, power = int(amount), 0
    while power < 6 and number % 1024 == 0:
        number, power = number // 1024, power + 1
    return f"{number}{_BINARY_SUFFIX[power] if power else ''}"


def _decimal(amount: Fraction, *, exponent_form: bool) -> str:
    if not amount:
        return "0"
    exponent = 0
    while amount.denominator != 1:
        amount, exponent = amount * 1000, exponent - 3
    number = int(amount)
    while exponent < 18 and number % 1000 == 0:
        number, exponent = number // 1000, exponent + 3
    if exponent_form:
        return f"{number}e{exponent}" if exponent else str(number)
    return f"{number}{_DECIMAL_SUFFIX[exponent]}"
