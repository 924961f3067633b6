"""Readings to be judged: which are drawn, what they say, and what a person found."""

import polars as pl

from warehouse.connection import Warehouse

WORK_TYPE = "work_type"
SIGN = "sign"
# So many pull requests are drawn for each question: 30 tell 87 % from 70 %, and take a quarter of an hour.
DRAWN = {WORK_TYPE: 30, SIGN: 20}


def read_drawn(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """Read one row per reading that is drawn for a person to judge, in the order of the draw.

    `question` (work_type, or sign: one draw per row of signatures.toml, its `subject`), `pull_request_id`, `said`,
    `hits` (how many readings of that question and subject there are), `number`, `title`, `full_name`, and `is_right`:
    NULL if nobody judged what is said now. The draw is by a hash of the id: the same each time, and by chance with
    regard to everything else. What no share counts is not drawn: what automation opened, releases, what the team leaves
    out, and of the types what is not merged.
    """
    return warehouse.read(_DRAWN, {"team": team_id, "types": DRAWN[WORK_TYPE], "signs": DRAWN[SIGN]})


_DRAWN = """
WITH counted AS (
    SELECT a.pull_request_id, a.work_type, a.ai_signatures, m.merged_at
    FROM pr_analysis a JOIN pull_request_metrics m ON m.pull_request_id = a.pull_request_id AND m.team_id = a.team_id
    WHERE a.team_id = $team AND a.status = 'done' AND NOT coalesce(m.is_bot, false) AND m.excluded_by IS NULL
), readings AS (
    SELECT 'work_type' AS question, '' AS subject, pull_request_id, work_type AS said
    FROM counted WHERE work_type <> 'unclear' AND merged_at IS NOT NULL
    UNION ALL
    SELECT 'sign', sign, pull_request_id, sign
    FROM (SELECT pull_request_id, unnest(list_distinct(ai_signatures)) AS sign FROM counted)
), drawn AS (
    SELECT *, count(*) OVER each AS hits,
           row_number() OVER (each ORDER BY md5(subject || pull_request_id)) AS place
    FROM readings WINDOW each AS (PARTITION BY question, subject)
)
SELECT d.question, d.subject, d.pull_request_id, d.said, d.hits, p.number, p.title, r.full_name, c.is_right
FROM drawn d
JOIN pull_requests p ON p.id = d.pull_request_id
LEFT JOIN repositories r ON r.id = p.repository_id
LEFT JOIN reading_checks c ON c.team_id = $team AND c.pull_request_id = d.pull_request_id AND c.question = d.question
          AND c.subject = d.subject AND c.said = d.said
WHERE d.place <= CASE d.question WHEN 'work_type' THEN $types ELSE $signs END
ORDER BY d.question, d.subject, d.place
"""
