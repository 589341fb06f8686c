import os
import platform
import signal
import socket
import threading
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from string import Template

PORT = int(os.environ.get("PORT", "8000"))
RELEASE = os.environ.get("RELEASE", "local")
PAGE = Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))


def page() -> bytes:
    values = {
        "greeting": os.environ.get("APP_GREETING", "Hello from Python"),
        "runtime": f"Python {platform.python_version()}",
        "release": RELEASE,
        "stage": os.environ.get("STAGE", "local"),
        "instance": socket.gethostname(),
    }
    return PAGE.substitute({name: escape(value) for name, value in values.items()}).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Longer than the platform keeps its own idle connections, so that it never reuses one that is being closed.
    timeout = 75

    def setup(self) -> None:
        super().setup()
        self.busy = False
        self.server.open_connections.add(self)

    def finish(self) -> None:
        self.server.open_connections.discard(self)
        super().finish()

    def parse_request(self) -> bool:
        self.busy = True
        return super().parse_request()

    def handle_one_request(self) -> None:
        super().handle_one_request()
        self.busy = False
        if self.server.stopping:
            self.close_connection = True

    def do_GET(self) -> None:
        path = self.path.split("?", 1)[0]
        if path == "/health":
            self.answer(200, "text/plain", b"ok\n")
        elif path == "/":
            print(f"{self.command} {path}", flush=True)
            self.answer(200, "text/html; charset=utf-8", page())
        else:
            self.answer(404, "text/plain", b"Not found\n")

    do_HEAD = do_GET

    def answer(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Release", RELEASE)
        if self.server.stopping:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = False  # closing the server waits for open requests
    request_queue_size = 1024

    def __init__(self) -> None:
        self.stopping = False
        self.open_connections = set()
        super().__init__(("0.0.0.0", PORT), Handler)

    def stop(self) -> None:
        self.stopping = True
        self.shutdown()
        for connection in list(self.open_connections):
            if not connection.busy:
                connection.connection.shutdown(socket.SHUT_RD)


def main() -> None:
    server = Server()

    def on_stop(*_) -> None:
        print("stopping: finishing open requests", flush=True)
        threading.Thread(target=server.stop).start()

    signal.signal(signal.SIGTERM, on_stop)
    signal.signal(signal.SIGINT, on_stop)
    print(f"listening on {PORT}", flush=True)
    server.serve_forever(poll_interval=0.1)
    server.server_close()


if __name__ == "__main__":
    main()
