"""`prflow ui`: the address of Prefect's pages, and the password that they ask for."""

import typer

from flows.cli.parts.home import NotRunning, find_home
from flows.cli.parts.terminal import Terminal, print_json
from flows.services.prefect_api import ui_url
from flows.services.prefect_password import read_password


def show_ui(browse: bool, as_json: bool) -> None:
    """Print where Prefect's pages are and what to enter there; open them if asked to."""
    home = find_home()
    if home.services is None:
        raise NotRunning
    address, password = ui_url(home.services.prefect_api_url), read_password(home.folder)
    if as_json:
        print_json({"url": address, "password": password or None})
        return
    console = Terminal(soft_wrap=True)
    console.print(f"Prefect     {address}")
    if password:
        console.print(f"Password    {password}")
        console.print("Prefect's pages ask for it once: enter all of it, with the part before the colon.")
    if browse:
        typer.launch(address)
