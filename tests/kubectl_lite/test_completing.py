"""Completion as bash does it: the script is loaded, the words are typed, and the suggestions looked at."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cluster import ROOT, ApiServer

SUGGESTED = {
    "ge": "get",
    "rollout sta": "status",
    "create service cl": "clusterip",
    "get --show-l": "--show-labels",
    "get servic": "serviceaccounts servicecidrs services",
    "get svc kub": "kubernetes",
    "describe svc/kub": "svc/kubernetes",
    "why service/kub": "service/kubernetes",
    "get svc -n kube-s": "kube-system",
    "get svc -n default kub": "kubernetes",
    "get svc -o jsonpath-": "jsonpath-as-json= jsonpath-file=",
    "config use-context te": "test",
    "--context te": "test",
    "get svc nothing-like-it": "",
}
TYPED = """\
source <(kubectl_lite completion bash)
while read -r line; do
    COMP_WORDS=(kubectl_lite $line) COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()
    __start_kubectl_lite 2>/dev/null
    echo "${COMPREPLY[*]}"
done
"""


@pytest.fixture
def environment(apiserver: ApiServer, tmp_path: Path) -> dict[str, str]:
    program = tmp_path / "kubectl_lite"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {sys.executable} -m kubectl_lite "$@"\n')
    program.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    return {"PATH": path, "HOME": str(tmp_path), "KUBECONFIG": str(apiserver.kubeconfig())}


def test_bash_suggests_commands_flags_and_the_clusters_names(environment: dict[str, str]) -> None:
    done = subprocess.run(
        ["bash", "-c", TYPED], input="\n".join(SUGGESTED) + "\n", capture_output=True, text=True, check=True,
        env=environment, timeout=100,
    )  # fmt: skip
    assert dict(zip(SUGGESTED, done.stdout.splitlines(), strict=True)) == SUGGESTED
