"""Machines made of namespaces: their network, their processes, and that nothing is left of them."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from pathlib import Path

import pytest

from kube import linux
from lab.machines import end
from lab.spawn import SpawnError

pytestmark = [pytest.mark.root, pytest.mark.skipif(os.geteuid() != 0, reason="namespaces need root")]


def test_a_machine_has_a_name_a_network_and_processes_of_its_own(make_machine) -> None:
    machine = make_machine("node1")
    script = "hostname; ls /sys/class/net; cat /etc/hosts | tail -1; ps ax -o pid= | wc -l"
    seen = machine.run(["sh", "-c", script]).stdout
    name, *links, hosts, processes = seen.split("\n")[:-1]
    assert (name, hosts) == ("node1", "192.168.77.11 node1")
    assert "lo" in links and "br0" not in links
    assert int(processes) < 10


def test_a_process_is_known_by_id_and_start(make_machine, tmp_path: Path) -> None:
    machine = make_machine("node1")
    pid = machine.start(["sh", "-c", "echo started; exec sleep 100"], tmp_path / "log")
    started = machine.start_time(pid)
    assert started is not None and os.readlink(f"/proc/{pid}/ns/net") == os.readlink(f"/proc/{machine.pid}/ns/net")
    while not (tmp_path / "log").read_text():
        time.sleep(0.005)
    machine.kill(pid, 9)
    while machine.start_time(pid) == started:
        time.sleep(0.005)
    assert (tmp_path / "log").read_text() == "started\n"


def test_what_our_starter_had_open_is_not_kept_open(make_machine, tmp_path: Path) -> None:
    inherited = os.open(tmp_path / "lock", os.O_CREAT | os.O_RDWR)
    os.set_inheritable(inherited, True)
    machine = make_machine("node1")
    pid = machine.start(["sleep", "100"], tmp_path / "log")
    os.close(inherited)
    held = {os.readlink(f"/proc/{one}/fd/{fd}") for one in (machine.pid, pid) for fd in os.listdir(f"/proc/{one}/fd")}
    assert str(tmp_path / "lock") not in held
    end(pid, 9)


def test_a_program_that_is_not_there(make_machine, tmp_path: Path) -> None:
    with pytest.raises(SpawnError, match="cannot start no-such-program"):
        make_machine("node1").start(["no-such-program"], tmp_path / "log")


def test_with_its_first_process_a_machine_is_gone(make_machine, tmp_path: Path) -> None:
    machine = make_machine("node1")
    pid = machine.start(["sleep", "100"], tmp_path / "log")
    end(machine.pid, 9)
    assert linux.start_time(pid) is None and linux.start_time(machine.pid) is None


def test_a_socket_belongs_to_the_network_it_was_made_in(make_machine) -> None:
    machine, other = make_machine("a"), make_machine("b")
    with machine.listen(("127.0.0.1", 8080)) as listener:
        accepted: list[bytes] = []

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                accepted.append(connection.recv(10))

        thread = threading.Thread(target=serve)
        thread.start()
        with machine.connect(("127.0.0.1", 8080), 5) as client:
            client.sendall(b"hello")
        thread.join(5)
        assert accepted == [b"hello"]
        with pytest.raises(OSError):
            other.connect(("127.0.0.1", 8080), 1)


def test_what_ip_refuses_is_reported(make_machine) -> None:
    with pytest.raises(OSError, match=r"network of node1: .*no-such-link"):
        make_machine("node1").network_batch(["link set no-such-link up"])


def test_nothing_of_the_machine_that_runs_this_changes(make_machine) -> None:
    def outside() -> str:
        return subprocess.run(["ip", "-br", "addr"], capture_output=True, text=True, check=True).stdout

    before = outside()
    make_machine("node1").network_batch(["link add br0 type bridge", "addr add 192.168.77.1/24 dev br0"])
    assert outside() == before
