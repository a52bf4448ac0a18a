# SPDX-License-Identifier: BSD-3-Clause
"""An HTTP server on the loopback that does by path what servers do, and notes who asked for what."""
import gzip
import hashlib
import http.server
import ssl
import subprocess
import threading

MODIFIED = "Sun, 22 Nov 2026 00:00:00 GMT"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers)))
        what = self.path.partition("?")[0].strip("/").replace("-", "_") or "data"
        getattr(self, "give_" + what, self.give_404)()

    def give(self, status, body=b"", **headers):
        self.send_response(status)
        headers.setdefault("Content_Length", str(len(body)))
        for name, value in headers.items():
            if value is not None:
                self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def give_404(self):
        self.give(404, b"no such page\n")

    def give_data(self):
        etag = '"%d"' % self.server.version
        if self.headers.get("If-None-Match") == etag:
            self.give(304, ETag=etag)
        else:
            self.give(200, self.server.data, ETag=etag, Last_Modified=MODIFIED)

    def give_dated(self):
        if self.headers.get("If-Modified-Since") == MODIFIED:
            self.give(304)
        else:
            self.give(200, self.server.data, Last_Modified=MODIFIED)

    def give_sums(self):
        """The SHA-256 of the data, unless the server has others."""
        sums = self.server.sums
        if sums is None:
            sums = hashlib.sha256(self.server.data).hexdigest().encode() + b"  data\n"
        etag = '"%s"' % hashlib.sha256(sums).hexdigest()
        if self.headers.get("If-None-Match") == etag:
            self.give(304, ETag=etag)
        else:
            self.give(200, sums, ETag=etag)

    def give_signature(self):
        """As it is set; 404 without one."""
        if self.server.signature is None:
            self.give_404()
        else:
            self.give(200, self.server.signature)

    def give_gzip(self):
        self.give(200, gzip.compress(self.server.data), Content_Encoding="gzip")

    def give_bomb(self):
        self.give(200, gzip.compress(bytes(8 << 20), 1), Content_Encoding="gzip")

    def give_large(self):
        self.give(200, b"", Content_Length=str(1 << 40))

    def give_endless(self):
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"192.0.2.1\n" * 1000)
        except OSError:
            self.close_connection = True

    def give_parking(self):
        self.give(200, b"<!DOCTYPE html>\n<html><body>This domain is for sale</body></html>\n",
                  Content_Type="text/html")

    def give_slow(self):
        """/slow?N: 203.0.113.N, held back until the server is let go; counts how many are at a time."""
        with self.server.lock:
            self.server.held += 1
            self.server.held_most = max(self.server.held_most, self.server.held)
        self.server.go.wait(60)
        with self.server.lock:
            self.server.held -= 1
        self.give(200, b"203.0.113.%d\n" % int(self.path.partition("?")[2]))

    def give_truncated(self):
        self.give(200, self.server.data, Content_Length=str(len(self.server.data) + 100))
        self.close_connection = True

    def give_half_chunk(self):
        self.give(200, b"64\r\n192.0.2.1\n", Content_Length=None, Transfer_Encoding="chunked")
        self.close_connection = True

    def give_hang(self):
        self.server.stopped.wait(60)
        self.close_connection = True

    def give_empty(self):
        self.give(200)

    def give_unasked_304(self):
        self.give(304)

    def give_busy(self):
        self.give(503, b"later\n", Retry_After="1234")

    def give_error(self):
        self.give(500, b"<html>oops</html>")

    def give_partial(self):
        self.give(206, self.server.data[:10])

    def give_moved(self):
        self.give(302, b"here: /data\n", Location="/data")

    def give_loop(self):
        self.give(302, Location="/loop")

    def give_to_file(self):
        self.give(302, Location="file:///etc/passwd")

    def give_nowhere(self):
        self.give(302)

    def give_elsewhere(self):
        self.give(302, Location=self.server.elsewhere + "/data")

    def give_secret(self):
        if self.headers.get("X-Key") == "open-sesame":
            self.give_data()
        else:
            self.give(401, b"who are you?\n")

    def give_moved_secret(self):
        self.give(302, Location="/secret")

    def give_long_header(self):
        self.give(200, self.server.data, ETag='"' + 5000 * "x" + '"')

    def give_closed(self):
        self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    """elsewhere: where /elsewhere redirects to; certificate: PEM with a key, for https."""
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, data=b"192.0.2.1\n192.0.2.2\n", elsewhere="", certificate=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.data, self.version, self.asked = data, 1, []
        self.sums = self.signature = None
        self.elsewhere, self.stopped = elsewhere, threading.Event()
        self.lock, self.go, self.held, self.held_most = threading.Lock(), threading.Event(), 0, 0
        self.scheme = "https" if certificate else "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)

    def handle_error(self, *_):
        """A client that goes away is what some of these are about."""

    def url(self, path, host="127.0.0.1"):
        return f"{self.scheme}://{host}:{self.server_port}/{path}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.shutdown()
        self.server_close()


def make_certificate(path):
    """Self-signed, for 127.0.0.1, with its key in the same file."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=IP:127.0.0.1", "-keyout", path + ".key", "-out", path],
                   check=True, capture_output=True)
    with open(path, "a", encoding="utf-8") as out, open(path + ".key", encoding="utf-8") as key:
        out.write(key.read())
