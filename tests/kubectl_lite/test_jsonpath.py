import pytest

from kubectl_lite.printers.jsonpath import JSONPathError, parse, relaxed

DATA = {
    "kind": "List",
    "items": [
        {"kind": "None", "metadata": {"name": "127.0.0.1", "labels": {"kubernetes.io/hostname": "127.0.0.1"}}, "n": 4},
        {"kind": "None", "metadata": {"name": "127.0.0.2"}, "n": 8},
    ],
    "users": [{"name": "myself", "user": {}}, {"name": "e2e", "user": {"username": "admin", "password": "secret"}}],
}

CASES = [
    ("text kind is {.kind}", "text kind is List"),
    ("{.kind}", "List"),
    ("{['kind']}", "List"),
    ("{..name}", "127.0.0.1 127.0.0.2 myself e2e"),
    ("{.items[*].metadata.name}", "127.0.0.1 127.0.0.2"),
    ("{.users[0].name}", "myself"),
    ("{.users[-1:].name}", "e2e"),
    ("{.users[-1].name}", "e2e"),
    ("{.users[0:2].name}", "myself e2e"),
    ("{.items[*]['metadata.name', 'kind']}", "127.0.0.1 127.0.0.2 None None"),
    ("{.items[0].metadata.labels['kubernetes\\.io/hostname']}", "127.0.0.1"),
    ('{.users[?(@.name=="e2e")].user.password}', "secret"),
    ("{.items[?(@.n>5)].metadata.name}", "127.0.0.2"),
    ("{range .items[*]}[{.metadata.name}, {.n}] {end}", "[127.0.0.1, 4] [127.0.0.2, 8] "),
    ('{range .items[*]}{.metadata.name}{"\\t"}{end}', "127.0.0.1\t127.0.0.2\t"),
    ("{.items[0].metadata.labels.kubernetes\\.io/hostname}", "127.0.0.1"),
    ("{.missing.field}", ""),
    ("{.users[1].user}", '{"password":"secret","username":"admin"}'),
    ("{.users[?(@.user.username)].name}", "e2e"),
    ("{@.kind}{$.kind}", "ListList"),
]


@pytest.mark.parametrize(("template", "expected"), CASES)
def test_renders_what_kubectl_renders(template: str, expected: str) -> None:
    assert parse(template).render(DATA) == expected


ODD = [
    ("{range .items[*]}{.n};", "4;8;;"),  # a range may be left open; what it holds then follows it, too
    ("{range .nosuch[*]}{.n}{end}{.kind}", "List"),
    ("{range .users[*]}{.name}{range .user.*}[{@}]{end};{end}{.kind}", "myself;e2e[admin][secret];List"),
    ("{.kind .items[0].n}", ""),  # the second path starts where the first has led
    ('{.kind "x"}', "x"),
    (".kind", ".kind"),
    ("{1}{+5}{-1.5}{true}", "15-1.5true"),
    ('{"\\u00e9\\x41\\101"}', "\u00e9AA"),
    ("{.items[].n}", "4"),
    ("{.items[*].metadata.labels}", '{"kubernetes.io/hostname":"127.0.0.1"}'),
    ("{.users[?(@.name)].name}", "myself e2e"),
]


@pytest.mark.parametrize(("template", "expected"), ODD)
def test_reads_what_one_would_not_expect_to_be_read(template: str, expected: str) -> None:
    assert parse(template).render(DATA) == expected


WRONG = {
    "{.kind": "unclosed action",
    "{.a['b}": "unterminated array",
    '{"a}': "unterminated quoted string",
    '{"a\\qb"}': 'unquote string "a\\qb" error invalid syntax',
    "{.items[?(@.n ~ 1)]}": "unrecognized character in action: U+007E '~'",
    "{.items[?(@.n]}": "unterminated filter",
    '{.items[?(@.n=="c")}': "unclosed array expect ]",
    "{.items[a]}": "invalid array index a",
    '{.items["a"]}': 'invalid array index "a"',
    "{....name}": "invalid multiple recursive descent",
    "{1.2.3}": "cannot parse number 1.2.3",
    "{{.kind}}": "unrecognized character in action: U+007B '{'",
}


@pytest.mark.parametrize("template", WRONG)
def test_a_bad_template_is_refused(template: str) -> None:
    with pytest.raises(JSONPathError) as why:
        parse(template)
    assert str(why.value) == WRONG[template]


NOWHERE = {
    "{end}": "not in range, nothing to end",
    "{hello}": "unrecognized identifier hello",
    "{.kind[0]}": "string is not array or slice",
    "{.users[9]}": "array index out of bounds: index 9, length 2",
    "{.users[1:0]}": "starting index 1 is greater than ending index 0",
    "{.users[0:2:0]}": "step must be > 0",
    "{.users[?(@.name==1)]}": "incompatible types for comparison",
    "{.users[?(@.user==1)]}": "invalid type for comparison",
    "{.users[?(@.name===1)]}": "unrecognized filter operator ===",
    '{.users[?(@.user.*=="x")]}': "can only compare one element at a time",
}


@pytest.mark.parametrize("template", NOWHERE)
def test_what_leads_nowhere_is_told(template: str) -> None:
    with pytest.raises(JSONPathError) as why:
        parse(template).render(DATA)
    assert str(why.value) == NOWHERE[template]


def test_json_is_an_array_for_each_action() -> None:
    assert parse("{.users[*].name}a").render_json(DATA) == '[\n    "myself",\n    "e2e"\n]\n[\n    "a"\n]\n'


@pytest.mark.parametrize("text", ["a.b", ".a.b", "{a.b}", "{.a.b}"])
def test_only_a_path_may_be_written_loosely(text: str) -> None:
    assert relaxed(text) == "{.a.b}"


def test_a_missing_field_is_an_error_when_asked() -> None:
    with pytest.raises(JSONPathError, match="missing is not found"):
        parse("{.missing}", allow_missing=False).render(DATA)
