import pytest

from kubectl_lite.printers.jsonpath import JSONPathError, parse

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
    ('{range .items[*]}[{.metadata.name}, {.n}] {end}', "[127.0.0.1, 4] [127.0.0.2, 8] "),
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


@pytest.mark.parametrize("template", ["{.kind", "{range .items[*]}", "{end}", "{.items[?(@.n ~ 1)]}", "{.a['b}"])
def test_a_bad_template_is_refused(template: str) -> None:
    with pytest.raises(JSONPathError):
        parse(template)


def test_a_missing_field_is_an_error_when_asked() -> None:
    with pytest.raises(JSONPathError, match="missing is not found"):
        parse("{.missing}", allow_missing=False).render(DATA)
