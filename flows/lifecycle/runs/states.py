"""The state of a flow run, read with Prefect's own client."""

from uuid import UUID

from prefect import get_client
from prefect.exceptions import ObjectNotFound

from warehouse.progress import RunState


def read_run_state_by_client(run_id: str) -> RunState | None:
    """Return the state of a run; None if Prefect does not know it.

    Flows ask with the client because it knows the server of their own run, even one that Prefect started for this
    process alone. Screens ask over plain HTTP (`dashboard.reading.runs`), since importing the client takes seconds.
    """
    with get_client(sync_client=True) as client:
        try:
            return RunState.from_prefect(client.read_flow_run(UUID(run_id)).model_dump(mode="json"))
        except (ObjectNotFound, ValueError):
            return None
