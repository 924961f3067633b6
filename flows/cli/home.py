"""Which of prflow's homes a command is about: the real one, or the demo's within it."""

from dataclasses import dataclass
from pathlib import Path

from flows.services.state import Services, read_services
from warehouse.settings import WarehouseSettings

DEMO_FOLDER = "demo"


@dataclass(frozen=True)
class Home:
    """`services` None where nothing runs on it."""

    folder: Path
    is_demo: bool
    services: Services | None

    @property
    def settings(self) -> WarehouseSettings:
        """The demo never uses a warehouse that is set for real."""
        if self.is_demo:
            return WarehouseSettings(home=self.folder, warehouse_catalog="", warehouse_data="")
        return WarehouseSettings(home=self.folder)


def real_home() -> Path:
    return WarehouseSettings().home.resolve()


def demo_home() -> Path:
    return real_home() / DEMO_FOLDER


def find_home() -> Home:
    """What runs counts first, then what is there; the real before the demo."""
    folders = [
        Home(real_home(), False, read_services(real_home())),
        Home(demo_home(), True, read_services(demo_home())),
    ]
    running = [home for home in folders if home.services]
    present = [home for home in folders if (home.folder / "warehouse").exists()]
    return (running + present + folders)[0]
