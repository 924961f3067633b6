"""Pull requests whose weeks and rows are easily counted wrong."""

from tests.warehouse.metrics.tables import make_facts

# What is hard: a week that ends at night elsewhere, dismissed reviews with and without their event, an account that is
# a bot by its type, one that deleted itself, a commit whose date cannot be, and silence until a comment.
FACTS = make_facts(
    timezone="America/New_York",
    repositories="""
        repo | from
        R1   | Mon0 00:00
        R2   | Mon0 00:00
    """,
    pull_requests="""
        pr | repo | by         | author_kind | opened    | merged     | closed     | is_draft | updated_at
        1  | R1   | ann        | User        | Mon 09:00 | Mon2 03:00 | Mon2 03:00 | no       | Mon2 03:00
        2  | R1   | ann        | User        | Mon0 09:00 | -         | -          | no       | Tue3 09:00
        3  | R2   | renovate   | Bot         | Mon 09:00 | Tue 09:00  | Tue 09:00  | no       | Tue 09:00
        4  | R2   | ghost      | Ghost       | Tue 09:00 | -          | Wed2 09:00 | no       | Wed2 09:00
        5  | R2   | bob        | User        | Mon0 09:00 | -         | -          | yes      | Tue2 09:00
    """,
    reviews="""
        id | pr | by    | author_kind | at         | state     | body
        a  | 1  | bob   | User        | Tue 09:00  | DISMISSED | -
        b  | 1  | cid   | User        | Wed 09:00  | DISMISSED | -
        c  | 1  | cid   | User        | Thu 09:00  | COMMENTED | said
        d  | 4  | ghost | Ghost       | Wed 09:00  | APPROVED  | -
        e  | 4  | acme  | Bot         | Wed 10:00  | APPROVED  | -
        f  | 4  | ann   | User        | Wed 11:00  | APPROVED  | -
        g  | 2  | bob   | User        | Mon2 03:30 | APPROVED  | -
    """,
    review_comments="""
        pr | by  | at
        2  | bob | Mon2 03:00
        4  | ann | Thu 09:00
    """,
    comments="""
        pr | by  | at
        2  | bob | Tue3 09:00
    """,
    commits="""
        pr | oid | authored   | committed
        5  | x   | Mon0 09:00 | Tue3 09:00
        2  | y   | Mon0 09:00 | Tue 09:00
    """,
    timeline_events="""
        id | pr | kind            | at        | subject | previous_value
        1  | 1  | ReviewDismissed | Thu 10:00 | a       | APPROVED
        2  | 1  | ReviewDismissed | Thu 11:00 | -       | APPROVED
        3  | 5  | CrossReferenced | Tue3 09:00 | -      | -
    """,
)
