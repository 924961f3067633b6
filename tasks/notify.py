"""Events in Prefect about the status of a team, which can trigger automations (mail, chat, webhook).

Events are fire and forget: prflow does not depend on their delivery.
"""

from prefect.events import emit_event

from warehouse.progress import Run, Status


def notify_team(run: Run, status: Status, **facts: str) -> None:
    """Emit `prflow.team.<status>` for the team of `run`; `facts` are shown with it and must not hold secrets."""
    emit_event(
        event=f"prflow.team.{status}",
        resource={"prefect.resource.id": f"prflow.team.{run.team_id}", "prefect.resource.name": run.team_id},
        related=[
            {"prefect.resource.id": f"prefect.flow-run.{run.run_id}", "prefect.resource.role": "flow-run"},
        ],
        payload={"team": run.team_id, "status": str(status), "phase": str(run.phase), **facts},
    )
