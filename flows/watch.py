"""Look after the teams when no run does: an automation starts this if there was no good sync for a day."""

from prefect import flow, get_run_logger

from flows.lifecycle.deployments import Deployment
from flows.lifecycle.runs.names import by_date
from flows.lifecycle.telling import tell_people


@flow(name="watch", flow_run_name=by_date(Deployment.WATCH))
def watch() -> None:
    """Tell people of what stands, and send what could not be sent."""
    done = tell_people()
    get_run_logger().info("%d messages sent, %d not", done.sent, done.failed)
