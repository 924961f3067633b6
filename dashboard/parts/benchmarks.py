"""How a team compares with others: the LinearB community's quartiles, our p75 with their p75.

Source: LinearB, Software Engineering Benchmarks Report, as of 2026, over the p75 of each team. Nothing
here is a judgement of people, and the badge can be switched off (`PRFLOW_DASHBOARD_HAS_BENCHMARKS`).
"""

from dataclasses import dataclass

SOURCE = "LinearB Software Engineering Benchmarks, community p75"


@dataclass(frozen=True)
class Benchmark:
    """Upper bounds of the p75, in the metric's unit: up to `elite`, `strong`, `fair`; above it, needs focus."""

    elite: float
    strong: float
    fair: float
    unit: str

    def level(self, p75: float) -> tuple[str, str]:
        """Name and badge colour."""
        for bound, name, color in ((self.elite, "Elite", "green"), (self.strong, "Strong", "blue"),
                                   (self.fair, "Fair", "orange")):  # fmt: skip
            if p75 <= bound:
                return name, color
        return "Needs focus", "red"

    def words(self, p75: float) -> str:
        return (
            f"Our p75 is {p75:,.0f} {self.unit}. {SOURCE}: elite up to {self.elite:,.0f}, strong up to "
            f"{self.strong:,.0f}, fair up to {self.fair:,.0f} {self.unit}."
        )


BENCHMARKS = {
    "cycle_time_p50_hours": Benchmark(19, 66, 218, "h"),
    "first_review_p50_hours": Benchmark(1, 3, 14, "h"),
    "pr_size_p50_lines": Benchmark(98, 148, 218, "lines"),
}
