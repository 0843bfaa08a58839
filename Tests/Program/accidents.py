"""A proxy between dcs and a server, with accidents: python accidents.py PORT TARGET_PORT SEED COUNT_FILE. One request in eight (so that six tries in a row never fail) meets a 503, a reset, half a body, or slow bytes.
Plain HTTP/1.1, a connection a request; the target is on this machine."""
import http.client, random, socket, struct, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

port, target, seed, counts = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
generator, lock, met = random.Random(seed), threading.Lock(), {}


class Proxy(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def serve(self):
        with lock:
            accident = generator.choice(["503", "reset", "half", "slow"]) if generator.random() < 1 / 8 else None
            met[accident or "none"] = met.get(accident or "none", 0) + 1
            open(counts, "w").write(" ".join(f"{name}={count}" for name, count in sorted(met.items())) + "\n")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.close_connection = True
        if accident == "503":
            self.wfile.write(b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        if accident == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        there = http.client.HTTPConnection("127.0.0.1", target)
        there.request(self.command, self.path, body, {name: value for name, value in self.headers.items()})
        answer = there.getresponse()
        data = answer.read()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", answer.getheader("Content-Length", "0") if self.command == "HEAD" else str(len(data)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command == "HEAD":
            return
        if accident == "half" and len(data) > 1:
            self.wfile.write(data[: len(data) // 2])
            return
        if accident == "slow":
            for begin in range(0, len(data), max(1, len(data) // 8)):
                self.wfile.write(data[begin : begin + max(1, len(data) // 8)])
                self.wfile.flush()
                time.sleep(0.01)
            return
        self.wfile.write(data)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = serve

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except (OSError, ValueError):
            self.close_connection = True


class Server(ThreadingHTTPServer):
    request_queue_size = 128


Server(("127.0.0.1", port), Proxy).serve_forever()
