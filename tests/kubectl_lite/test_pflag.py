"""Words as pflag reads them, and where a sub-command stands among them."""

from __future__ import annotations

import pytest

from kubectl_lite.pflag import Flag, FlagError, Flags, parse_bool

FLAGS = Flags([
    Flag("namespace", "n"), Flag("output", "o"), Flag("selector", "l"), Flag("stdin", "i", "true"),
    Flag("tty", "t", "true"), Flag("cascade", "", "background"),
])  # fmt: skip

READ = {
    "svc web": ("", "svc web"),
    "--output yaml svc": ("output=yaml", "svc"),
    "--output=yaml svc": ("output=yaml", "svc"),
    "-o yaml svc": ("output=yaml", "svc"),
    "-oyaml svc": ("output=yaml", "svc"),
    "-o=yaml svc": ("output=yaml", "svc"),
    "-o= svc": ("output==", "svc"),
    "-lapp=x": ("selector=app=x", ""),
    "-l=app=x": ("selector=app=x", ""),
    "-l app=x": ("selector=app=x", ""),
    "-it web": ("stdin=true tty=true", "web"),
    "-itn x": ("stdin=true tty=true namespace=x", ""),
    "-itnx web": ("stdin=true tty=true namespace=x", "web"),
    "-i=false -t": ("stdin=false tty=true", ""),
    "--stdin false": ("stdin=true", "false"),
    "--stdin=false": ("stdin=false", ""),
    "--cascade orphan": ("cascade=background", "orphan"),
    "--cascade=orphan": ("cascade=orphan", ""),
    "-o -x": ("output=-x", ""),
    "-n a -n b": ("namespace=a namespace=b", ""),
    "- x": ("", "- x"),
    "-- -x": ("", "| -x"),
    "web -- ls -l": ("", "web | ls -l"),
}
REFUSED = {
    "--nope": "unknown flag: --nope",
    "--nope=1": "unknown flag: --nope",
    "-x": "unknown shorthand flag: 'x' in -x",
    "-itx": "unknown shorthand flag: 'x' in -x",
    "-ixt": "unknown shorthand flag: 'x' in -xt",
    "--output": "flag needs an argument: --output",
    "-o": "flag needs an argument: 'o' in -o",
    "-io": "flag needs an argument: 'o' in -o",
    "---o": "bad flag syntax: ---o",
    "--=o": "bad flag syntax: --=o",
}
STANDS = {
    "get pods": "get pods",
    "-n x get pods": "get pods",
    "-nx get pods": "get pods",
    "--namespace=x get": "get",
    "-i get": "get",
    "--nope get pods": "pods",
    "-n get": "",
    "get -- pods": "get",
}


@pytest.mark.parametrize("line,wanted", READ.items(), ids=READ)
def test_words_are_flags_with_values_and_arguments(line: str, wanted: tuple[str, str]) -> None:
    found = FLAGS.parse(line.split())
    after = [] if found.after_dashes is None else ["|", *found.after_dashes]
    assert (" ".join(f"{k}={v}" for k, v in found.values), " ".join([*found.args, *after])) == wanted


@pytest.mark.parametrize("line,why", REFUSED.items(), ids=REFUSED)
def test_what_is_no_flag_is_told_in_pflags_words(line: str, why: str) -> None:
    with pytest.raises(FlagError) as told:
        FLAGS.parse(line.split())
    assert str(told.value) == why


def test_underscores_are_dashes() -> None:
    assert Flags([Flag("dry-run", "", "x")]).parse(["--dry_run"]).values == [("dry-run", "x")]


@pytest.mark.parametrize("line,wanted", STANDS.items(), ids=STANDS)
def test_names_stand_among_flags(line: str, wanted: str) -> None:
    assert " ".join(FLAGS.names(line.split())) == wanted


def test_the_name_of_a_command_is_taken_away_but_not_a_value_like_it() -> None:
    assert FLAGS.without(["-n", "get", "get", "pods", "get"], "get") == ["-n", "get", "pods", "get"]


@pytest.mark.parametrize("text,wanted", [("t", True), ("0", False), ("TRUE", True), ("False", False)])
def test_bools_are_spelt_as_in_go(text: str, wanted: bool) -> None:
    assert parse_bool(text) is wanted


def test_what_is_no_bool_is_told_in_gos_words() -> None:
    with pytest.raises(ValueError, match=r'strconv\.ParseBool: parsing "yes": invalid syntax'):
        parse_bool("yes")
