"""Another system that knows callers: Python's http.server, which answers, or hangs, as a test says."""
import http.server
import json
import ssl
import threading
from urllib.parse import parse_qs, urlsplit


class Crm:
    def __init__(self, port=0, certificate=None):
        """`certificate`: its file and that of its key."""
        self.answers = {}  #: by caller's number: an object, or a status
        self.hangs = threading.Event()
        self.closing = threading.Event()
        self.asked = []  #: of each question the parameters and headers
        crm = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                question = {key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()}
                crm.asked.append((question, dict(self.headers)))
                if crm.hangs.is_set():
                    crm.closing.wait(60)
                answer = crm.answers.get(question["caller"], 404)
                body = b"" if isinstance(answer, int) else json.dumps(answer).encode()
                self.send_response(answer if isinstance(answer, int) else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.server.handle_error = lambda *arguments: None  # who hung up isn't answered
        self.port = self.server.server_address[1]
        self.scheme = "https" if certificate else "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}/acd?caller={{caller}}&dialled={{dialled}}&entry_point={{entry_point}}"

    def close(self):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
