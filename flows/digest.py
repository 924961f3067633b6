"""Every week: what changed, for each team, to those who get its messages."""

from prefect import flow, get_run_logger

from flows.lifecycle.deployments import Deployment
from flows.lifecycle.runs.names import by_date
from flows.lifecycle.telling import add_digests, tell_people


@flow(name="digest", flow_run_name=by_date(Deployment.DIGEST))
def digest() -> None:
    """Send the digest of the last complete week of each team. One that was sent before is not sent again."""
    added = add_digests()
    done = tell_people()
    get_run_logger().info("%d digests to send; %d messages sent, %d not", added, done.sent, done.failed)
