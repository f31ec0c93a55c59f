"""Go templates: what they print, and what they say against a bad one. Expected texts are Go's own."""

from __future__ import annotations

import pytest

from kubectl_lite.printers.go_functions import TemplateError
from kubectl_lite.printers.go_template import parse

DATA = {"kind": "List", "items": [{"n": "a", "p": [80, 81], "l": {"x": "1", "a.b/c": "z"}}, {"n": "b"}], "no": None}

TEXTS = {
    "{{.kind}}": "List",
    '{{range .items}}{{.n}}{{"\\n"}}{{end}}': "a\nb\n",
    "{{range $i, $e := .items}}{{if $i}},{{end}}{{$e.n}}{{end}}": "a,b",
    "{{range $k, $v := (index .items 0).l}}{{$k}}={{$v}} {{end}}": "a.b/c=z x=1 ",
    "{{range .nosuch}}x{{else}}none{{end}}": "none",
    "{{(index .items 0).n}} {{len .items}} {{index (index .items 0).l `a.b/c`}}": "a 2 z",
    "  {{- range .items -}}  {{.n}}  {{- end -}}  ": "ab",
    '{{.kind | printf "%-6s|"}}': "List  |",
    '{{if eq .kind "X"}}a{{else if eq .kind "Y" "List"}}b{{else}}c{{end}}': "b",
    "{{with .items}}{{len .}}{{else}}none{{end}}{{with .no}}x{{else}}none{{end}}": "2none",
    "{{$x := 1}}{{range .items}}{{$x = 2}}{{end}}{{$x}}": "2",
    "{{.nosuch}} {{.no}} {{(index .items 0).p}}": "<no value> <no value> [80 81]",
    "{{(index .items 0).l}}": "map[a.b/c:z x:1]",
    "{{/* nothing */}}{{$.kind}}": "List",
    '{{printf "%q %03d %v %d" "a" 7 true "b"}}': '"a" 007 true %!d(string=b)',
    "{{and .kind .no}} {{or .no .kind}} {{not .no}} {{lt 1 2}} {{ge 1 2}}": "<no value> List true true false",
    '{{exists . "kind"}} {{exists . "items" "x"}} {{base64decode "aGk="}}': "true false hi",
    '{{print 1 2 "a" 3}}': "1 2a3",
    "{{range.items}}x{{end}}{{with.kind}}{{.}}{{end}}{{if.no}}{{else if.kind}}y{{end}}": "xxListy",
    "{{range(.items)}}{{.n}}{{end}}{{range\n.items}}{{.n}}{{end}}{{.kind|len}}": "abab4",
    "{{`a` | html}}{{html `<&>`}}{{js `<'>`}}": r"a&lt;&amp;&gt;\u003C\'\u003E",
    "{{.nosuch.x.y}}": "<no value>",
    "{{range 3}}{{.}}{{end}}": "012",
    "{{range 9}}{{if eq . 1}}{{continue}}{{end}}{{if eq . 3}}{{break}}{{end}}{{.}}{{end}}": "02",
    "{{$x := 1}}{{range .items}}{{$x = 2}}{{break}}{{end}}{{$x}}": "2",
    "{{or .kind (index . 3)}}{{and .no (index . 3)}}": "List<no value>",
    '{{printf "%T" 1 .kind}} {{slice .kind 1 3}} {{index .kind 0}}': "int64%!(EXTRA string=List) is 76",
    "{{eq .no nil}} {{eq .nosuch .kind}}": "true false",
}  # fmt: skip

BAD = {
    "{{.a": "1: unclosed action",
    "\n{{.a": "2: unclosed action",
    "{{nofn}}": '1: function "nofn" not defined',
    "{{if}}x{{end}}": "1: missing value for command",
    "{{range .a}}": "1: unexpected EOF",
    "{{end}}": "1: unexpected {{end}}",
    "{{(.a}}": "1: unclosed left paren",
    '{{print"a"}}': "1: bad character U+0022 '\"'",
    "{{len$.a}}": "1: bad character U+0024 '$'",
    '{{if"a"}}b{{end}}': "1: bad character U+0022 '\"'",
    "{{.a.}}": "1: unexpected <.> in operand",
    "{{print(.a)}}": '1: unexpected "(" in operand',
    '{{"a".b}}': '1: unexpected . after term "\\"a\\""',
    "{{true.a}}": '1: unexpected . after term "true"',
    "{{if .a}}{{end.a}}": '1: unexpected ".a" in end',
    "{{if .a}}{{else.a}}{{end}}": '1: unexpected ".a" in else',
    "{{nofn.a}}": '1: function "nofn" not defined',
    "{{$nosuch}}": '1: undefined variable "$nosuch"',
    "{{with $x := .a}}{{end}}{{$x}}": '1: undefined variable "$x"',
    "{{if .a}}{{else with .b}}{{end}}": "1: unexpected <with> in input",
    "{{break}}": "1: {{break}} outside {{range}}",
}

FAILING = {
    "{{.no.x}}": "1:5: executing \"output\" at <.no.x>: nil pointer evaluating interface {}.x",
    "{{.kind.x}}": "1:7: executing \"output\" at <.kind.x>: can't evaluate field x in type interface {}",
    "\n{{.kind.x}}": "2:7: executing \"output\" at <.kind.x>: can't evaluate field x in type interface {}",
    "\u00e9{{.kind.x}}": "1:9: executing \"output\" at <.kind.x>: can't evaluate field x in type interface {}",
    "{{index .items 9}}": '1:2: executing "output" at <index .items 9>: error calling index: index out of range: 9',
    "{{index .items 2}}":
        '1:2: executing "output" at <index .items 2>: error calling index: reflect: slice index out of range',
    "{{index .nosuch 2}}": '1:2: executing "output" at <index .nosuch 2>: error calling index: index of untyped nil',
    "{{index . 2}}":
        '1:2: executing "output" at <index . 2>: error calling index: value has type int; should be string',
    "{{len.items}}": '1:2: executing "output" at <len>: wrong number of args for len: want 1 got 0',
    "{{not 1 2}}": '1:2: executing "output" at <not>: wrong number of args for not: want 1 got 2',
    "{{range .kind}}{{end}}": "1:8: executing \"output\" at <.kind>: range can't iterate over List",
    "{{eq 1 .kind}}": '1:2: executing "output" at <eq 1 .kind>: error calling eq: incompatible types for comparison',
    "{{lt . 1}}": '1:2: executing "output" at <lt . 1>: error calling lt: invalid type for comparison',
    "{{slice .kind 1 9}}": '1:2: executing "output" at <slice .kind 1 9>: error calling slice: index out of range: 9',
    "{{1 | printf}}": '1:6: executing "output" at <printf>: wrong type for value; expected string; got int64',
    "{{printf 1}}": '1:9: executing "output" at <1>: wrong type for value; expected string; got int64',
    "{{base64decode .nosuch}}": '1:15: executing "output" at <.nosuch>: invalid value; expected string',
    '{{base64decode "#"}}':
        '1:2: executing "output" at <base64decode "#">: error calling base64decode: base64 decode failed: '
        "illegal base64 data at input byte 0",
    "{{.kind 1}}": '1:2: executing "output" at <.kind>: kind is not a method but has arguments',
    "{{nil}}": '1:2: executing "output" at <nil>: nil is not a command',
}  # fmt: skip


@pytest.mark.parametrize(("template", "text"), TEXTS.items(), ids=TEXTS)
def test_prints_what_go_prints(template: str, text: str) -> None:
    assert parse(template).render(DATA) == text


@pytest.mark.parametrize(("template", "said"), BAD.items(), ids=BAD)
def test_a_bad_template_is_told_with_its_line(template: str, said: str) -> None:
    with pytest.raises(TemplateError) as caught:
        parse(template)
    assert str(caught.value) == said


@pytest.mark.parametrize(("template", "said"), FAILING.items(), ids=FAILING)
def test_what_cannot_be_filled_is_told(template: str, said: str) -> None:
    with pytest.raises(TemplateError) as caught:
        parse(template).render(DATA)
    assert str(caught.value) == said


def test_missing_fields_are_an_error_only_when_asked_for() -> None:
    with pytest.raises(TemplateError, match='map has no entry for key "nosuch"'):
        parse("{{.nosuch}}").render(DATA, allow_missing=False)
