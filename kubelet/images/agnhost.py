"""A test server after Kubernetes' own image `agnhost`: `netexec`, `serve-hostname`, `pause`, `connect`.

Run in a container by the image table. `netexec` answers over HTTP and UDP what the tests of Services ask: who
answered (`/hostname`), whom it saw (`/clientip`), a repetition (`/echo?msg=`), and it can be made unready or ended
(`/exit?code=`). Source: k8s.io/kubernetes/test/images/agnhost. It leaves out the other forty subcommands, and SCTP.
"""

import argparse
import http.server
import os
import signal
import socket
import socketserver
import sys
import threading
import time
import urllib.parse

STARTED = time.time()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    only_hostname = False

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        values = {key: value[0] for key, value in urllib.parse.parse_qs(query).items()}
        code, text = (200, socket.gethostname()) if self.only_hostname else self.answer(path, values)
        body = text.encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        if path == "/exit":
            os._exit(int(values.get("code", "0")))

    do_POST = do_GET

    def answer(self, path: str, values: dict) -> tuple:
        address, port = self.client_address[:2]
        match path:
            case "/":
                return 200, f"NOW: {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}"
            case "/hostname" | "/hostName":
                return 200, socket.gethostname()
            case "/clientip":
                bare = address.removeprefix("::ffff:")
                return 200, f"[{bare}]:{port}" if ":" in bare else f"{bare}:{port}"
            case "/echo":
                return int(values.get("code", "200")), values.get("msg", "")
            case "/header":
                return 200, self.headers.get(values.get("key", ""), "")
            case "/healthz":
                return (200, "") if time.time() - STARTED < 10 else (500, f"error: {time.time() - STARTED:.1f}")
            case "/exit":
                time.sleep(float(values.get("wait", "0").rstrip("s") or 0))
                return 200, "exiting"
        return 404, "not found\n"

    def log_message(self, format: str, *args: object) -> None:
        print(f"{self.client_address[0]} {format % args}", flush=True)


class DualStackServer(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
    daemon_threads = True
    request_queue_size = 512

    def server_bind(self) -> None:
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


class UDPHandler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        data, sock = self.request
        command, _, rest = data.decode(errors="replace").strip().partition(" ")
        address, port = self.client_address[:2]
        answers = {"hostname": socket.gethostname(), "echo": rest,
                   "clientip": f"{address.removeprefix('::ffff:')}:{port}"}  # fmt: skip
        sock.sendto(answers.get(command.lower(), "").encode(), self.client_address)


class UDPServer(socketserver.ThreadingUDPServer):
    address_family = socket.AF_INET6
    daemon_threads = True


def serve_http(port: int, only_hostname: bool = False) -> None:
    handler = type("H", (Handler,), {"only_hostname": only_hostname})
    DualStackServer(("::", port), handler).serve_forever()


def netexec(options: argparse.Namespace) -> None:
    if options.udp_port > 0:
        server = UDPServer(("::", options.udp_port), UDPHandler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    if options.delay_shutdown:
        signal.signal(signal.SIGTERM, lambda *_: threading.Timer(options.delay_shutdown, os._exit, [0]).start())
    serve_http(options.http_port)


def connect(options: argparse.Namespace) -> None:
    host, _, port = options.address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), options.timeout).close()
    except TimeoutError:
        sys.exit("TIMEOUT")
    except ConnectionRefusedError:
        sys.exit("REFUSED")
    except OSError as error:
        sys.exit(f"OTHER: {error}")


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    parser = argparse.ArgumentParser(prog="agnhost")
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("netexec")
    one.add_argument("--http-port", type=int, default=8080)
    one.add_argument("--udp-port", type=int, default=8081)
    one.add_argument("--delay-shutdown", type=float, default=0)
    one = commands.add_parser("serve-hostname")
    one.add_argument("--port", type=int, default=9376)
    one.add_argument("--http", action="store_true")
    one = commands.add_parser("connect")
    one.add_argument("address")
    one.add_argument("--timeout", type=lambda text: float(text.rstrip("s")), default=5.0)
    commands.add_parser("pause")
    options, _ = parser.parse_known_args()
    match options.command:
        case "netexec":
            netexec(options)
        case "serve-hostname":
            serve_http(options.port, only_hostname=True)
        case "connect":
            connect(options)
        case "pause":
            signal.pause()


if __name__ == "__main__":
    main()
