"""`-v=6` and more: the lines of client-go, secrets masked."""

from __future__ import annotations

import re

import pytest

from kubectl_lite.commands.version import skew
from kubectl_lite.tracing import Trace

ASKED = ("POST", "https://a/api?x=y", [("User-Agent", "u"), ("Authorization", "Bearer secret")], b'{"a":"b"}')
HEADERS = ' headers=<\n\tAuthorization: Bearer <masked>\n\tUser-Agent: u\n >'
BODY = '"Request Body" body="{\\"a\\":\\"b\\"}"'
CURL = '''"Request" curlCommand=<
	curl -v -XPOST  -H "User-Agent: u" -H "Authorization: Bearer <masked>" 'https://a/api?x=y'
 >'''
WHAT, STATUS = 'verb="POST" url="https://a/api?x=y"', 'status="200 OK"'
GOT = " headers=<\n\tVary: Accept\n > milliseconds=N"
ANSWER = '"Response Body" body=<\n\tone\n\ttwo\n >'


@pytest.mark.parametrize(
    ("level", "lines"),
    [
        (6, [f'"Response" {WHAT} {STATUS} milliseconds=N']),
        (7, [f'"Request" {WHAT}{HEADERS}', f'"Response" {STATUS} milliseconds=N']),
        (8, [BODY, f'"Request" {WHAT}{HEADERS}', f'"Response" {STATUS}{GOT}', ANSWER]),
        (9, [BODY, CURL, f'"Response" {WHAT} {STATUS}{GOT}', ANSWER]),
    ],
)
def test_each_level_tells_more(level: int, lines: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    trace = Trace(level)
    trace.asked(*ASKED)
    trace.answered(200, "OK", [("Vary", "Accept")])
    trace.read(b"one\ntwo")
    said = re.sub(r"milliseconds=\d+", "milliseconds=N", capsys.readouterr().err)
    head = r"^I\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ \w+\.go:\d+\] "
    assert [part.rstrip("\n") for part in re.split(head, said, flags=re.M)[1:]] == lines


def test_long_bodies_are_cut_below_10(capsys: pytest.CaptureFixture[str]) -> None:
    for level, shown in ((8, 1024), (9, 10240), (10, 20000)):
        Trace(level).read(b"x" * 20000)
        said = capsys.readouterr().err
        assert said.count("x") == shown
        assert ("[truncated" in said) == (level < 10)


@pytest.mark.parametrize(("server", "warned"), [("36", False), ("35+", False), ("33", True)])
def test_a_server_of_another_age_is_told(server: str, warned: bool) -> None:
    said = skew({"major": "1", "minor": "36"}, {"major": "1", "minor": server})
    assert bool(said) == warned
    assert not warned or "between client (1.36) and server (1.33) exceeds" in said
