"""An S3 in memory, over HTTP: as much of its REST API as DuckDB uses.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
Like MinIO it takes the bucket in the path; a request whose host names the bucket is refused, as by a server that is
known by its address alone. `keys` are the access keys that it accepts; others get InvalidAccessKeyId. While it
`is_away` it answers nothing.
"""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape


@dataclass
class Store:
    """What a server holds, and what it was asked: (method, path)."""

    port: int = 0
    keys: set[str] = field(default_factory=lambda: {"minio"})
    objects: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    is_away: bool = False


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: Store

    def handle_request(self) -> None:
        if self.store.is_away:  # as a server that is gone: the connection ends without a word
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        key, query = unquote(parts.path), parse_qs(parts.query, keep_blank_values=True)
        with self.store.lock:
            self.store.asked.append((self.command, key))
            found = re.search(r"Credential=([^/]+)/", self.headers.get("Authorization") or "")
            if not self.headers["Host"].startswith(("127.0.0.1", "localhost")):
                self.fail(400, "InvalidRequest")
            elif found is None or found[1] not in self.store.keys:
                self.fail(403, "InvalidAccessKeyId")
            else:
                getattr(self, f"take_{self.command.lower()}")(key, query, body)

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = handle_request  # noqa: N815  names of http.server

    def take_put(self, key: str, query: dict[str, list[str]], body: bytes) -> None:
        if "uploadId" in query:
            self.store.uploads[query["uploadId"][0]][int(query["partNumber"][0])] = body
        else:
            self.store.objects[key] = body
        self.send(200, b"", {"ETag": '"part"'})

    def take_post(self, key: str, query: dict[str, list[str]], body: bytes) -> None:
        if "uploads" in query:
            upload = f"upload-{len(self.store.uploads)}"
            self.store.uploads[upload] = {}
            xml = f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>"
        elif "delete" in query:
            for name in re.findall(r"<Key>(.*?)</Key>", body.decode()):
                self.store.objects.pop(f"{key.rstrip('/')}/{name}", None)
            xml = "<DeleteResult></DeleteResult>"
        else:
            parts = self.store.uploads[query["uploadId"][0]]
            self.store.objects[key] = b"".join(parts[number] for number in sorted(parts))
            xml = '<CompleteMultipartUploadResult><ETag>"all"</ETag></CompleteMultipartUploadResult>'
        self.send(200, xml.encode())

    def take_head(self, key: str, query: dict[str, list[str]], body: bytes) -> None:
        self.take_get(key, query, body)

    def take_get(self, key: str, query: dict[str, list[str]], body: bytes) -> None:
        if "list-type" in query:
            return self.list_objects(key, query.get("prefix", [""])[0])
        if (content := self.store.objects.get(key)) is None:
            return self.fail(404, "NoSuchKey")
        headers = {"ETag": '"one"', "Last-Modified": "Fri, 27 Nov 2026 12:00:00 GMT", "Accept-Ranges": "bytes"}
        if asked := re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range") or ""):
            first, last = int(asked[1]), min(int(asked[2]), len(content) - 1)
            headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
            return self.send(206, content[first : last + 1], headers)
        return self.send(200, content, headers)

    def take_delete(self, key: str, query: dict[str, list[str]], body: bytes) -> None:
        self.store.objects.pop(key, None)
        self.send(204, b"")

    def list_objects(self, bucket: str, prefix: str) -> None:
        root = f"{bucket.rstrip('/')}/"
        names = [key.removeprefix(root) for key in sorted(self.store.objects) if key.startswith(root + prefix)]
        rows = "".join(f"<Contents><Key>{escape(name)}</Key><Size>1</Size></Contents>" for name in names)
        self.send(200, f"<ListBucketResult>{rows}<IsTruncated>false</IsTruncated></ListBucketResult>".encode())

    def fail(self, status: int, code: str) -> None:
        self.send(status, f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode())

    def send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[Store]:
    """Serve an empty store on loopback."""
    store = Store()
    handler = type("Bound", (Handler,), {"store": store})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        store.port = server.server_port
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield store
        finally:
            server.shutdown()
            thread.join()
