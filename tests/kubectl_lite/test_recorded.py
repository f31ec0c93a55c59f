"""kubectl_lite's answers against those that kubectl 1.33 gave to the same lines on the same kind of server.

The files of `recorded/` hold lines and kubectl's answers, so that a machine without a new kubectl compares, too. With
$RECORD naming a kubectl its answers are written instead: only the lines starting with `$ ` need to be there before.
What differs from run to run (times, addresses, generated names) is normalised.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kubectl_lite.test_parity import MANIFESTS, difference
from tests.kubectl_lite.test_parity_commands import _general, _run
from tests.support.cluster import ApiServer

RECORDED = Path(__file__).parent / "recorded"
RECORD = os.environ.get("RECORD", "")
_numbers = itertools.count(1)
Answer = tuple[int, str, str]


@pytest.mark.parametrize("name", sorted(path.stem for path in RECORDED.glob("*.txt")))
def test_answers_are_those_that_kubectl_gave(
    apiserver: ApiServer, name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = RECORDED / f"{name}.txt"
    wanted = dict(_read(path.read_text()))
    said = dict(_answers(apiserver, RECORD, list(wanted), tmp_path, capfd, monkeypatch))
    if RECORD:
        path.write_text("".join(f"$ {line}\n{_shown(said[line])}" for line in wanted))
        return
    different = []
    for line, theirs in wanted.items():
        ours = _shown(said[line])
        different += difference(line, (0, ours, ""), (0, theirs, "")) if ours != theirs else []
    assert not different, "\n".join(different)


def _read(text: str) -> Iterator[tuple[str, str]]:
    """Each line with the answer below it."""
    for block in re.split(r"^\$ ", text, flags=re.M)[1:]:
        line, _, answer = block.partition("\n")
        yield line, answer


def _shown(answer: Answer) -> str:
    """Exit code, output, and what was said on standard error; a line that would begin a step is set apart."""
    code, out, err = answer
    out += "" if out.endswith("\n") or not out else "(no newline)\n"
    text = f"exit {code}\n{out}" + "".join(f"! {line}\n" for line in err.splitlines())
    return re.sub(r"^\$ ", "\\\\$ ", text, flags=re.M)


def _answers(
    server: ApiServer, program: str, lines: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[tuple[str, Answer]]:  # fmt: skip
    """Runs all lines one after the other, in a namespace, with a node and a kubeconfig of their own."""
    name = f"told-{os.getpid()}-{next(_numbers)}"
    (tmp_path / "m.yaml").write_text(MANIFESTS)
    for path in RECORDED.glob("*.[!t]*"):
        (tmp_path / path.name).write_text(path.read_text().replace("NAME", name).replace("NODE", f"node-{name}"))
    (tmp_path / "raw.json").write_text('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"raw1"}}')
    (tmp_path / "config").write_text(server.kubeconfig().read_text())
    server.request("POST", "/api/v1/namespaces", {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": name}})
    server.request("POST", "/api/v1/nodes", {"kind": "Node", "apiVersion": "v1", "metadata": {"name": f"node-{name}"}})
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for line in lines:
        words = line.replace("NAME", name).replace("NODE", f"node-{name}")
        code, out, err = _run(program, ["-n", name], words, capfd, monkeypatch)
        out = out.replace(str(server.ca_file), "CA.CRT")
        yield line, (code, _plain(_general(out, tmp_path, name)), _plain(_general(err, tmp_path, name)))


def _plain(text: str) -> str:
    """Blanks that fill a column follow the longest cell, which may be a normalised one. Of help the usage stays."""
    text = re.sub(r"(?s)\A(Unknown help topic .*?\n)?.*?^Usage:\n  (.*?)\n\n.*applies to all commands\)\.\n?",
                  r"\1(help: \2)\n", text, flags=re.M)  # fmt: skip
    text = text.replace("kubectl.1.33", "kubectl").replace(str(Path.cwd()), "FOLDER")
    text = re.sub(r"[EWI]\d{4} .*\n", "", text)  # kubectl's own log lines
    text = re.sub(r'"\S*/kubectl-edit-[^"]+"', "EDITED", text)
    text = re.sub(r"https?://127\.0\.0\.1:\d+", "SERVER", text)
    text = re.sub(r"(?i)(uid|resource ?version)(\":|:) +\S+|nodePort: +(\S+ +)?3\d{4}|was \d+$", "X", text, flags=re.M)
    text = re.sub(r":3\d{4}/", ":X/", text)  # node ports
    return "\n".join(re.sub(r" {2,}", "  ", line) if re.search(r"\bX\b|AGE|IP\b", line) else line
                     for line in text.split("\n"))  # fmt: skip
