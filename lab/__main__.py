"""`lab`: a cluster on this machine. `lab up` starts it, `lab down` leaves nothing behind.

The command line, called by people, the Makefile and tests. It turns flags into a `LabConfig` and calls one module a
command, imported only then: `lab exec` need not load the whole API. Every failure is one line that says what failed
and, where known, what to do.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

from lab.config import LabConfig, Layout, default_data_dir
from lab.errors import LabError
from lab.fleet import Fleet
from lab.machines import Local
from lab.state import State


def main(argv: list[str] | None = None) -> int:
    """Returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # unwinds, so that a half-made lab is removed
    try:
        return options.run(options, _layout(options)) or 0
    except LabError as error:
        print(f"error: {error}", file=sys.stderr)
        if error.hint:
            print(error.hint, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 141


def _layout(options: argparse.Namespace) -> Layout:
    given = options.data_dir
    return Layout(Path(given).absolute() if given else default_data_dir(options.name))


def _state(options: argparse.Namespace, layout: Layout) -> State:
    state = State.load(layout)
    if state is None:
        raise LabError(f"there is no lab {options.name!r} in {layout.root}", hint="start one with `lab up`")
    return state


# ---- commands ----


def _up(options: argparse.Namespace, layout: Layout) -> int:
    from lab import up

    config = LabConfig(
        name=options.name, data_dir=str(layout.root), nodes=options.nodes, driver=options.driver,
        proxy_mode=options.proxy_mode, ipvs_scheduler=options.ipvs_scheduler, secure_port=options.secure_port,
        controllers=options.controllers, etcd_servers=options.etcd_servers, etcd_members=options.etcd_members,
        workers=options.workers, dual_stack=options.dual_stack, cloud_provider=options.cloud_provider,
        forward=",".join(options.forward),
    )  # fmt: skip
    missing = [file for file in options.apply if file != "-" and not Path(file).exists()]
    if missing:
        raise LabError(f"no such file: {', '.join(missing)}")
    state = up.up(config, layout, manifests=options.apply)
    flag = "" if options.name == "default" and not options.data_dir else f" --kubeconfig {layout.admin_kubeconfig}"
    print(f"lab {state.config.name} is up: kubectl_lite{flag} get nodes; export KUBECONFIG={layout.admin_kubeconfig}")
    return 0


def _down(options: argparse.Namespace, layout: Layout) -> int:
    from lab import down

    there = down.down(layout, keep_data=options.keep_data)
    print(f"lab {options.name} is down" if there else f"there is no lab {options.name!r} in {layout.root}")
    return 0


def _status(options: argparse.Namespace, layout: Layout) -> int:
    from lab import status

    state = _state(options, layout)
    return 0 if status.report(state, layout) else 1


def _exec(options: argparse.Namespace, layout: Layout) -> int:
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    if not command:
        raise LabError("no command", hint="lab exec node1 -- ip route")
    from lab import execute

    machine, argv = execute.resolve(_state(options, layout), layout, options.target, command)
    return machine.execute(argv)


def _kubeconfig(options: argparse.Namespace, layout: Layout) -> int:
    _state(options, layout)
    print(layout.admin_kubeconfig)
    return 0


def _logs(options: argparse.Namespace, layout: Layout) -> int:
    state = _state(options, layout)
    file = layout.log(options.component)
    if not file.exists():
        raise LabError(f"no component {options.component!r}", hint=f"one of: {', '.join(state.processes)}")
    if options.follow:
        os.execvp("tail", ["tail", "-n", "100", "-f", str(file)])
    sys.stdout.write(file.read_text(errors="replace"))
    return 0


def _kill(options: argparse.Namespace, layout: Layout) -> int:
    """As `kill -9` on the component's machine; `lab up` starts it again."""
    state = _state(options, layout)
    process = state.processes.get(options.component)
    if process is None:
        raise LabError(f"no component {options.component!r}", hint=f"one of: {', '.join(state.processes)}")
    machine = Local() if process.machine == "" else Fleet(state, layout).machine(process.machine)
    if machine.start_time(process.pid) == process.start:
        machine.kill(process.pid, getattr(signal, f"SIG{options.signal.upper().removeprefix('SIG')}"))
    return 0


def _show(options: argparse.Namespace, layout: Layout) -> int:
    from lab import show

    return show.show(_state(options, layout), layout, options.deployment, options.service)


def _parser() -> argparse.ArgumentParser:
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument("--name", default=os.environ.get("LAB_NAME", "default"), help="which lab (default: %(default)s)")
    where.add_argument("--data-dir", help="where it keeps its files (default: ~/.kube-lite/NAME)")
    parser = argparse.ArgumentParser(prog="lab", description=__doc__.split("\n\n")[0])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run, help: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=help, description=help, parents=[where])
        made.set_defaults(run=run)
        return made

    _up_flags(command("up", _up, "start the lab, or mend it"))
    command("down", _down, "end the lab; nothing is left").add_argument(
        "--keep-data", action="store_true", help="keep etcd's data, keys and logs for the next `lab up`"
    )
    command("status", _status, "what runs")
    made = command("exec", _exec, "run a command on a node, in a pod, or on the client host")
    made.add_argument("target", metavar="NODE|POD|client")
    made.add_argument("command", nargs=argparse.REMAINDER, metavar="-- CMD...")
    command("kubeconfig", _kubeconfig, "print the path of the admin's kubeconfig")
    made = command("logs", _logs, "print a component's log")
    made.add_argument("component")
    made.add_argument("-f", "--follow", action="store_true")
    made = command("kill", _kill, "send a component a signal; `lab up` starts it again")
    made.add_argument("component")
    made.add_argument("-s", "--signal", default="KILL")
    made = command("show", _show, "a Deployment and its Service: pods, endpoints, one node's table, answers")
    made.add_argument("--deployment", default="my-nginx")
    made.add_argument("--service", default="myapp")
    return parser


def _up_flags(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--nodes", type=int, default=3, help="0: the control plane alone, on loopback, without root (default: 3)")
    add("--driver", choices=("auto", "netns", "uml"), default="auto", help="how nodes are made")
    add("--proxy-mode", choices=("auto", "ipvs", "nftables"), default="auto")
    add("--ipvs-scheduler", default="rr")
    add("--secure-port", type=int, default=0, help="the API server's port on loopback (default: 6443, or a free one)")
    add("--controllers", default="*", metavar="LIST", help="as kube-controller-manager: *, NAME, -NAME")
    add("--etcd-servers", default="", metavar="URLS", help="an existing etcd instead of the lab's own")
    add("--etcd-members", type=int, default=1, metavar="N", help="members of the lab's own etcd cluster")
    add("--workers", type=int, default=1, help="worker processes of the API server")
    add("--dual-stack", action="store_true", help="IPv6 beside IPv4 for nodes, pods and Services")
    add("--cloud-provider", choices=("lab", "none"), default="lab", help="who builds load balancers (default: lab)")
    add("--forward", action="append", default=[], metavar="HOST[:PORT]",
        help="a name server of this machine that cluster DNS asks for other names (repeatable)")
    add("--apply", action="append", default=[], metavar="FILE", help="apply this manifest in the end (repeatable)")




if __name__ == "__main__":
    sys.exit(main())
