"""A command in a pod, from its node: `python -m kubelet.runtime.process.enter --root-dir DIR NAMESPACE/POD -- CMD`.

Called by people on a node, and by `lab exec POD`. It reads the runtime's records and becomes `nsenter`; it needs
neither the kubelet nor the API server to run.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from kubelet.runtime.interface import RuntimeFailure
from kubelet.runtime.process.inside import exec_argv
from kubelet.runtime.process.records import Records


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--root-dir", required=True, type=Path)
    parser.add_argument("-c", "--container", default="")
    parser.add_argument("pod", metavar="NAMESPACE/POD")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="-- CMD...")
    options = parser.parse_args()
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    namespace, _, name = options.pod.rpartition("/")
    link = options.root_dir / "by-name" / f"{namespace or 'default'}_{name}"
    if not link.is_symlink():
        sys.exit(f"no pod {options.pod} on this node")
    uid = Path(os.readlink(link)).name
    records = Records(options.root_dir)
    pod = records.pod(uid)
    running = [record.name for record in pod.running] if pod else []
    try:
        argv, env = exec_argv(records, uid, options.container or (running or ["?"])[0], command)
    except RuntimeFailure as failure:
        sys.exit(failure.message)
    os.execvpe(argv[0], argv, env)


if __name__ == "__main__":
    main()
