"""Ten questions to begin with, as SQL that holds over every warehouse."""

from dataclasses import dataclass

from warehouse.home.attaching import quoted


@dataclass(frozen=True)
class Question:
    """A question in words, and the statement that answers it; `{team}` stands for the team's id in SQL."""

    title: str
    sql: str

    def for_team(self, team_id: str) -> str:
        """Return the statement for one team."""
        return self.sql.strip().replace("{team}", f"'{quoted(team_id)}'")


QUESTIONS = (
    Question(
        "How does the cycle time go, week by week?",
        """
SELECT week_start, value AS cycle_time_p50_hours, n, is_complete, is_partial
FROM weekly_metrics
WHERE team_id = {team} AND metric = 'cycle_time_p50_hours' AND scope = 'team'
ORDER BY week_start""",
    ),
    Question(
        "Which pull requests are behind the last complete week?",
        """
SELECT w.week_start, r.full_name, p.number, p.title, round(m.cycle_time_hours, 1) AS cycle_time_hours
FROM weekly_metrics w
JOIN teams t ON t.team_id = w.team_id
JOIN pull_request_metrics m ON m.team_id = w.team_id
  AND date_trunc('week', timezone(coalesce(t.timezone, 'UTC'), m.merged_at)) = w.week_start
JOIN pull_requests p ON p.id = m.pull_request_id
JOIN repositories r ON r.id = p.repository_id
WHERE w.team_id = {team} AND w.metric = 'cycle_time_p50_hours' AND w.scope = 'team'
  AND NOT m.is_bot AND m.excluded_by IS NULL AND m.cycle_time_hours IS NOT NULL
  AND w.week_start = (SELECT max(week_start) FROM weekly_metrics WHERE is_complete AND team_id = {team})
ORDER BY m.cycle_time_hours DESC""",
    ),
    Question(
        "Which pull requests have been open longest?",
        """
SELECT r.full_name, p.number, p.title, p.author_login,
       round(date_diff('hour', m.opened_at, m.as_of) / 24, 1) AS days_open,
       CASE WHEN m.is_draft THEN 'draft' WHEN m.first_review_at IS NULL THEN 'no review yet' ELSE 'in review' END
         AS stage
FROM pull_request_metrics m
JOIN pull_requests p ON p.id = m.pull_request_id
JOIN repositories r ON r.id = m.repository_id
WHERE m.team_id = {team} AND m.state = 'OPEN' AND NOT m.is_bot AND m.excluded_by IS NULL
ORDER BY days_open DESC
LIMIT 50""",
    ),
    Question(
        "Where does the time go, by repository?",
        """
SELECT r.full_name, count(*) AS merged, round(avg(m.coding_hours), 1) AS coding_hours,
       round(avg(m.pickup_hours), 1) AS waiting_for_review_hours,
       round(avg(m.review_hours), 1) AS in_review_hours, round(avg(m.merge_hours), 1) AS waiting_to_merge_hours
FROM pull_request_metrics m
JOIN repositories r ON r.id = m.repository_id
WHERE m.team_id = {team} AND m.merged_at IS NOT NULL AND NOT m.is_bot AND m.excluded_by IS NULL
GROUP BY ALL
ORDER BY merged DESC""",
    ),
    Question(
        "What kinds of work are merged, week by week?",
        """
SELECT date_trunc('week', m.merged_at)::DATE AS week, coalesce(m.work_type, 'not read yet') AS work_type,
       count(*) AS merged
FROM pull_request_metrics m
WHERE m.team_id = {team} AND m.merged_at IS NOT NULL AND NOT m.is_bot AND m.excluded_by IS NULL
GROUP BY ALL
ORDER BY week, work_type""",
    ),
    Question(
        "What is work invested in?",
        """
SELECT m.investment, a.work_type_source AS told_by, count(*) AS merged,
       round(sum(m.cycle_time_hours) / 24, 1) AS days_in_progress
FROM pull_request_metrics m
LEFT JOIN pr_analysis a ON a.pull_request_id = m.pull_request_id
WHERE m.team_id = {team} AND m.merged_at IS NOT NULL AND NOT m.is_bot AND m.excluded_by IS NULL
GROUP BY ALL
ORDER BY merged DESC""",
    ),
    Question(
        "What does each sign of AI assistance find?",
        """
SELECT signature, count(*) AS hits, count(*) FILTER (signature = ai_signature) AS decided
FROM (SELECT unnest(ai_signatures) AS signature, ai_signature FROM pr_analysis WHERE team_id = {team})
GROUP BY ALL
ORDER BY hits DESC""",
    ),
    Question(
        "Which merged pull requests were reverted, and by which?",
        """
SELECT r.full_name, p.number, p.title, e.subject AS reverted_by, e.created_at
FROM timeline_events e
JOIN pull_requests p ON p.id = e.pull_request_id
JOIN repositories r ON r.id = p.repository_id
WHERE e.team_id = {team} AND e.is_revert
ORDER BY e.created_at DESC""",
    ),
    Question(
        "How long from merge to production, by week of the merge?",
        """
SELECT date_trunc('week', p.merged_at)::DATE AS week, count(*) AS deployed,
       round(median(date_diff('minute', p.merged_at, d.succeeded_at)) / 60, 1) AS hours_to_production
FROM pull_requests p
JOIN repositories r ON r.id = p.repository_id AND p.merged_at >= r.deliveries_from
ASOF JOIN (
    SELECT repository_id, created_at, succeeded_at FROM deployments
    WHERE environment = 'production' AND succeeded_at IS NOT NULL
) d ON d.repository_id = p.repository_id AND d.created_at >= p.merged_at
WHERE p.team_id = {team} AND p.merged_at IS NOT NULL
GROUP BY ALL
ORDER BY week""",
    ),
    Question(
        "Which repositories are complete, and until when?",
        """
SELECT full_name, sync_status, history_from, watermark_at, last_sync_error
FROM repositories
WHERE team_id = {team} AND is_followed
ORDER BY full_name""",
    ),
)
