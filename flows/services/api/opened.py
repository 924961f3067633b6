"""The warehouse that the API reads: opened once, and again if it was replaced or could not be read."""

import threading
from pathlib import Path

from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings


class OpenedWarehouse:
    """A read-only warehouse that stays open; each read of it sees what is committed by then."""

    def __init__(self, settings: WarehouseSettings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._opened: Warehouse | None = None
        self._identity = 0

    def get(self) -> Warehouse:
        """Return the warehouse, opened now if it is not, or if its catalog is another file by now."""
        with self._lock:
            identity = self._identify()
            if self._opened is not None and identity != self._identity:
                self._close()
            if self._opened is None:
                self._opened, self._identity = Warehouse(self.settings, read_only=True), identity
            return self._opened

    def close(self) -> None:
        """Close it; the next read opens it again."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.close()

    def _identify(self) -> int:
        """Return the file of the catalog as a number; 0 if it is not a file, or not there."""
        kind, _, address = self.settings.catalog.partition(":")
        try:
            return Path(address).stat().st_ino if kind == "sqlite" else 0
        except OSError:
            return 0
