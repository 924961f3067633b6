"""`python -m dashboard`: the dashboard alone, for a container or a machine of its own."""

import os

from dashboard.reading.settings import DashboardSettings, command

if __name__ == "__main__":
    settings = DashboardSettings()
    arguments = command(settings.port, settings.address)
    os.execv(arguments[0], arguments)  # noqa: S606  Streamlit takes the place of this process, and its signals
