"""The set-up service over HTTP in this process, as `prflow up` starts it beside the dashboard."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import httpx
import uvicorn

from dashboard.reading.services import STATE_FILE
from flows.services.admin.key import make_key
from flows.services.admin.server import application


@contextmanager
def serve_admin(home: Path, prefect_api_url: str = "") -> Iterator[str]:
    """Serve it over the home of the settings until the block ends; pages find it by the files of the home."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        (home / STATE_FILE).write_text(json.dumps({"admin_url": address, "prefect_api_url": prefect_api_url}))
        config = uvicorn.Config(application(home, make_key(home)), log_level="warning", access_log=False)
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            httpx.get(f"{address}/healthz", timeout=60, trust_env=False)
            yield address
        finally:
            server.should_exit = True
            thread.join(timeout=60)
