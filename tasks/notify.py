"""The events of prflow in Prefect, which can trigger automations there (mail, chat, webhook): docs/events.md.

Events are fire and forget: prflow does not depend on their delivery.
"""

from uuid import NAMESPACE_URL, uuid5

from prefect.events import emit_event

from warehouse.events.kinds import Event
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


def emit(event: Event) -> None:
    """Emit an event under its own name, with its payload. Prefect sees one of an id once, however often it is sent."""
    run_id = getattr(event, "run_id", None)
    related = [{"prefect.resource.id": f"prefect.flow-run.{run_id}", "prefect.resource.role": "flow-run"}]
    emit_event(
        event=event.name,
        resource={"prefect.resource.id": f"prflow.team.{event.team_id}", "prefect.resource.name": event.team_id},
        occurred=event.at,
        related=related if run_id else [],
        payload=event.payload(),
        id=uuid5(NAMESPACE_URL, event.id),
    )
