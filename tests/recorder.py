"""Record which hosts the Python processes of a test call, and which files they open for writing."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# `sitecustomize` is imported by every Python process that has its folder on PYTHONPATH. What C libraries do is not seen
# by audit hooks: a proxy (below) and a comparison of the file trees see it.
SOURCE = """
import json, os, sys, threading
_here = threading.local()
def _note(kind, what):
    if getattr(_here, "is_noting", False):
        return
    _here.is_noting = True
    try:
        with open(FOLDER + "/" + str(os.getpid()), "a") as file:
            file.write(json.dumps([kind, what, sys.orig_argv[1:4]]) + "\\n")
    except OSError:
        pass
    finally:
        _here.is_noting = False
def _hook(event, arguments):
    if event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        _note("host", str(arguments[1][0]))
    elif event == "socket.getaddrinfo":
        _note("host", str(arguments[0]))
    elif event == "open" and isinstance(arguments[0], (str, bytes, os.PathLike)):
        flags = arguments[2] if isinstance(arguments[2], int) else 0
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            _note("file", os.path.abspath(os.fsdecode(arguments[0])))
    elif event == "os.mkdir" and not os.path.isdir(arguments[0]):
        _note("file", os.path.abspath(os.fsdecode(arguments[0])))
    elif event in ("os.rename", "os.link", "os.symlink"):
        _note("file", os.path.abspath(os.fsdecode(arguments[1])))
    elif event == "sqlite3.connect" and isinstance(arguments[0], str) and ":memory:" not in arguments[0]:
        _note("file", os.path.abspath(arguments[0].removeprefix("file:").partition("?")[0]))
sys.addaudithook(_hook)
"""


@dataclass(frozen=True)
class Recorder:
    """`path` is for PYTHONPATH; `proxy` the address of a proxy that refuses whatever it is asked, and notes it."""

    path: Path
    proxy: str
    asked: list[str]

    def read(self, kind: str) -> dict[str, str]:
        """Return each host or file with the command line that was first seen to use it."""
        found: dict[str, str] = {}
        for file in self.path.joinpath("seen").iterdir():
            for line in file.read_text().splitlines():
                seen, what, command = json.loads(line)
                if seen == kind:
                    found.setdefault(what, " ".join(command))
        return found


@contextmanager
def recording(folder: Path) -> Iterator[Recorder]:
    """Prepare a recorder in `folder`."""
    (folder / "seen").mkdir(parents=True)
    (folder / "sitecustomize.py").write_text(f"FOLDER = {str(folder / 'seen')!r}\n{SOURCE}")
    asked: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_refuse, args=(server, asked))
        thread.start()
        yield Recorder(folder, f"http://127.0.0.1:{server.getsockname()[1]}", asked)
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def _refuse(server: socket.socket, asked: list[str]) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            asked.append(connection.recv(200).decode("latin-1").partition("\r\n")[0])
            connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
