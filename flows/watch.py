"""Look after the teams when no run does: automations start this if a run crashed, or no sync was good for a day."""

from prefect import flow, get_run_logger

from flows.lifecycle.deployments import Deployment
from flows.lifecycle.runs.crashed import resume_crashed
from flows.lifecycle.runs.names import by_date
from flows.lifecycle.telling import tell_people


@flow(name="watch", flow_run_name=by_date(Deployment.WATCH))
def watch() -> None:
    """Let crashed runs go on, tell people of what stands, and send what could not be sent."""
    resumed = resume_crashed()
    get_run_logger().info("%d crashed runs go on: %s", len(resumed), ", ".join(resumed) or "none")
    done = tell_people()
    get_run_logger().info("%d messages sent, %d not", done.sent, done.failed)
