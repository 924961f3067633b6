"""Comparison of a team with others: its p75 against the quartiles of the LinearB community.

Source: LinearB, Software Engineering Benchmarks Report, as of 2026, over the p75 of each team. A level does not
judge people, and the badge can be switched off (`PRFLOW_DASHBOARD_HAS_BENCHMARKS`).
"""

from dataclasses import dataclass

from dashboard.parts.colors import BadgeColor

SOURCE = "LinearB Software Engineering Benchmarks, community p75"


@dataclass(frozen=True)
class Benchmark:
    """Upper bounds of the p75 in the metric's unit, included: elite, strong, fair; above them a team needs focus."""

    elite: float
    strong: float
    fair: float
    unit: str

    def level(self, p75: float) -> tuple[str, BadgeColor]:
        """Return the name and badge colour of the level that the p75 reaches."""
        if p75 <= self.elite:
            return "Elite", "green"
        if p75 <= self.strong:
            return "Strong", "blue"
        if p75 <= self.fair:
            return "Fair", "orange"
        return "Needs focus", "red"

    def describe(self, p75: float) -> str:
        """Compare the p75 with the bounds in one sentence."""
        return (
            f"Your p75 is {p75:,.0f} {self.unit}. {SOURCE}: elite up to {self.elite:,.0f}, strong up to "
            f"{self.strong:,.0f}, fair up to {self.fair:,.0f} {self.unit}."
        )


BENCHMARKS = {
    "cycle_time_p50_hours": Benchmark(19, 66, 218, "h"),
    "first_review_p50_hours": Benchmark(1, 3, 14, "h"),
    "pr_size_p50_lines": Benchmark(98, 148, 218, "lines"),
}
