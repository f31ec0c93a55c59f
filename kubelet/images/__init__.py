"""The images that the process runtime can run: what each means on a node that has no registry and no layers.

Called by `kubelet.runtime.process`. An image here is an entry point among the node's own programs, and files that
are put into the container's own layer. The table is explicit: an image that is not in it is not run.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_HOST = r"[a-zA-Z0-9]+(?:[.-][a-zA-Z0-9]+)*(?::[0-9]+)?"
_NAME = re.compile(rf"(?:{_HOST}/)?{_PART}(?:/{_PART})*(?::[\w][\w.-]{{0,127}})?(?:@sha256:[0-9a-f]{{64}})?")
_REPOSITORY = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Image:
    """What an image's configuration says.

    needs: the program without which it cannot run, and the Debian package that has it. files: path -> text, in which
    {pod}, {namespace}, {node} and {ip} are replaced. shows: directories of the node that must be visible inside.
    """

    entrypoint: tuple[str, ...]
    cmd: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    working_dir: str = ""
    stop_signal: str = "SIGTERM"
    files: dict[str, str] = field(default_factory=dict)
    needs: tuple[str, str] | None = None
    shows: tuple[str, ...] = ()


def parse(name: str) -> tuple[str, str]:
    """`nginx` -> (`docker.io/library/nginx`, `latest`). Raises ValueError for what is no image name."""
    if not _NAME.fullmatch(name):
        raise ValueError(f'couldn\'t parse image name "{name}": invalid reference format')
    repository, _, digest = name.partition("@")
    head, slash, last = repository.rpartition("/")
    last, _, tag = last.partition(":")
    repository = head + slash + last
    first = repository.split("/")[0]
    if "/" not in repository:
        repository = f"docker.io/library/{repository}"
    elif "." not in first and ":" not in first and first != "localhost":
        repository = f"docker.io/{repository}"
    elif first == "docker.io" and repository.count("/") == 1:
        repository = f"docker.io/library/{repository.partition('/')[2]}"
    return repository, tag or digest or "latest"


def find(name: str) -> Image | None:
    """The image of that name, of whatever tag; None when it is not one of ours. Raises ValueError."""
    return TABLE.get(parse(name)[0])


def missing(image: Image) -> str:
    """What the node lacks for it, as a sentence; empty when nothing."""
    if image.needs is None or shutil.which(image.needs[0], path=SYSTEM_PATH):
        return ""
    return f"the node has no {image.needs[0]}: apt-get install {image.needs[1]}"


# ---- the table ----

_NGINX_CONF = """\
user www-data;
worker_processes 1;
pid /run/nginx.pid;
error_log /dev/stderr notice;
events { worker_connections 1024; }
http {
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    log_format main '$remote_addr - $remote_user [$time_local] "$request" '
                    '$status $body_bytes_sent "$http_referer" "$http_user_agent" "$http_x_forwarded_for"';
    access_log /dev/stdout main;
    sendfile on;
    keepalive_timeout 65;
    client_body_temp_path /tmp/nginx-body;
    proxy_temp_path /tmp/nginx-proxy;
    fastcgi_temp_path /tmp/nginx-fastcgi;
    uwsgi_temp_path /tmp/nginx-uwsgi;
    scgi_temp_path /tmp/nginx-scgi;
    include /etc/nginx/conf.d/*.conf;
}
"""
_NGINX_DEFAULT = """\
server {
    listen 80;
    {listen_v6}
    server_name localhost;
    location / {
        root /usr/share/nginx/html;
        index index.html index.htm;
    }
    error_page 500 502 503 504 /50x.html;
    location = /50x.html { root /usr/share/nginx/html; }
}
"""

_NGINX = Image(
    ("nginx", "-g", "daemon off;"),
    stop_signal="SIGQUIT",
    files={
        "/etc/nginx/nginx.conf": _NGINX_CONF,
        "/etc/nginx/conf.d/default.conf": _NGINX_DEFAULT,
        "/usr/share/nginx/html/index.html": "{pod} on {node}\n",
    },
    needs=("nginx", "nginx-light"),
)
_SHELL = Image((), ("sh",))
_PAUSE = Image(("/bin/sh", "-c", 'trap "exit 0" TERM INT; sleep infinity & wait'))
_PYTHON_SHOWS = tuple(dict.fromkeys((sys.prefix, sys.base_prefix, str(_REPOSITORY))))
_AGNHOST = Image(
    (sys.executable, str(Path(__file__).with_name("agnhost.py"))), ("pause",), shows=_PYTHON_SHOWS
)  # fmt: skip
_KUBE_LITE = Image(
    (sys.executable, "-m"), ("cluster_dns",), env=(("PYTHONPATH", str(_REPOSITORY)), ("PYTHONUNBUFFERED", "1")),
    working_dir=str(_REPOSITORY), shows=_PYTHON_SHOWS,
)  # fmt: skip

TABLE: dict[str, Image] = {
    "docker.io/library/nginx": _NGINX,
    "docker.io/library/busybox": _SHELL,
    "docker.io/library/alpine": _SHELL,
    "docker.io/library/debian": Image((), ("bash",)),
    "docker.io/library/ubuntu": Image((), ("bash",)),
    "docker.io/library/python": Image((), (sys.executable,), shows=_PYTHON_SHOWS,
                                      env=(("PATH", f"{os.path.dirname(sys.executable)}:{SYSTEM_PATH}"),)),
    "docker.io/curlimages/curl": Image(("curl",), ("--help",), needs=("curl", "curl")),
    "registry.k8s.io/pause": _PAUSE,
    "registry.k8s.io/e2e-test-images/busybox": _SHELL,
    "registry.k8s.io/e2e-test-images/nginx": _NGINX,
    "registry.k8s.io/e2e-test-images/agnhost": _AGNHOST,
    "kube-lite.local/kube-lite": _KUBE_LITE,
}  # fmt: skip
