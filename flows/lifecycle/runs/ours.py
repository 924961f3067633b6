"""The runs of prflow's deployments, told from all others on a Prefect server."""

from collections.abc import Sequence
from typing import TypedDict

from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
    FlowFilter,
    FlowFilterName,
    FlowRunFilterTags,
)

from flows.lifecycle.deployments import Deployment

TAGGED = FlowRunFilterTags(all_=["prflow"])
"""The tag of every deployment in prefect.yaml, which its runs have, too: what is deleted or started again has it."""


class Ours(TypedDict):
    """Arguments of `read_flow_runs`."""

    flow_filter: FlowFilter
    deployment_filter: DeploymentFilter


def runs_of(deployments: Sequence[Deployment]) -> Ours:
    """Select the runs of these deployments, each of the flow of its name: somebody else's flow may have a deployment
    of that name.
    """
    names = [deployment.value for deployment in deployments]
    return {
        "flow_filter": FlowFilter(name=FlowFilterName(any_=names)),
        "deployment_filter": DeploymentFilter(name=DeploymentFilterName(any_=names)),
    }
