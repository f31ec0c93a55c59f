"""How many questions a second does cluster DNS answer on one core?

`dnsperf` asks it over UDP for the name of a Service, and for the names of 1,000 headless ones. Target: 15,000 a second.
Server and dnsperf have a core each where the machine has two.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator

from benchmarks import Row, Settings, Skip, dns_server, processes

SERVICES, SECONDS = 1000, 5
TARGET = 15_000.0


def run(settings: Settings) -> Iterator[Row]:
    if not shutil.which("dnsperf"):
        raise Skip("dnsperf is not installed: scripts/install.sh bench")
    services = settings.scaled(SERVICES)
    names = {
        "DNS, one Service's name": ["myapp"],
        f"DNS, the names of {services:,} headless Services": [f"s{number}" for number in range(services)],
    }
    with dns_server.serving(settings, services) as dns:
        first, *rest = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(dns.process.pid, {first})
        for name, asked in names.items():
            runs = [_dnsperf(dns, asked, {*rest[:1]} or {first}) for _ in range(settings.repeat)]
            note = f"{max(cpu for _, cpu in runs):.0f} us CPU each, UDP"
            yield Row(name, "1/s", tuple(rate for rate, _ in runs), target=TARGET, note=note)


def _dnsperf(dns: dns_server.Dns, names: list[str], cpus: set[int]) -> tuple[float, float]:
    """(answers a second, microseconds of the server's processor time for each). Raises RuntimeError when some fail."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.writelines(f"{name}.default.svc.cluster.local A\n" for name in names)
        file.flush()
        argv = ["dnsperf", "-s", "127.0.0.1", "-p", str(dns.port), "-d", file.name, "-l", str(SECONDS), "-c", "4"]
        before = processes.cpu_seconds(dns.process.pid)
        with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            os.sched_setaffinity(process.pid, cpus)
            out, _ = process.communicate()
    used = processes.cpu_seconds(dns.process.pid) - before
    rate = re.search(r"Queries per second: +([\d.]+)", out)
    done = re.search(r"Queries completed: +(\d+) \((\d+)", out)
    codes = re.search(r"Response codes: +NOERROR \d+ \(100", out)
    if not rate or not done or not codes:
        raise RuntimeError(f"dnsperf failed: {out[-800:]}")
    return float(rate[1]), used / int(done[1]) * 1e6
