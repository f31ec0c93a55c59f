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
    "{{`a` | html}}{{html `<&>`}}": "a&lt;&amp;&gt;",
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
}

FAILING = {
    "{{.nosuch.x}}": "1: nil pointer evaluating interface {}.x",
    "{{.kind.x}}": "1: can't evaluate field x in type interface {}",
    "{{index .items 9}}": "1: error calling index: reflect: slice index out of range: 9",
    "{{$nosuch}}": "1: undefined variable: $nosuch",
    "{{len.items}}": "1: wrong number of args for len: want 1 got 0",
    "{{not 1 2}}": "1: wrong number of args for not: want 1 got 2",
    "{{range .kind}}{{end}}": "1: range can't iterate over List",
}


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
