"""Tells Prefect what a team has reached, as events: a person's automations (mail, chat, webhook) hang on them.

An event is fire and forget: one that is lost changes nothing in the product.
"""

from prefect.events import emit_event

from warehouse.progress import Run, Status


def notify_team(run: Run, status: Status, **facts: str) -> None:
    """Emits `prflow.team.<status>` for the team of `run`; `facts` are shown with it, and hold no secrets."""
    emit_event(
        event=f"prflow.team.{status}",
        resource={"prefect.resource.id": f"prflow.team.{run.team_id}", "prefect.resource.name": run.team_id},
        related=[
            {"prefect.resource.id": f"prefect.flow-run.{run.run_id}", "prefect.resource.role": "flow-run"},
        ],
        payload={"team": run.team_id, "status": str(status), "phase": str(run.phase), **facts},
    )
