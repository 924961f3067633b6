"""Accounts, members, and the teams within an organisation."""

from sqlalchemy import BigInteger, Boolean, Float, Integer

from warehouse.schema.columns import Text, Timestamp, column, table, team_id

team_members = table(
    "team_members",
    "One row per member of the organisation",
    team_id(),
    column("id", Text, "GitHub's node id of the person"),
    column("login", Text, "Login"),
    column("name", Text, "Display name"),
    column("role", Text, "ADMIN or MEMBER; NULL if the token may not see it"),
    column("fetched_at", Timestamp, "When this was read from GitHub"),
    column("database_id", BigInteger, "GitHub's databaseId of the person"),
    key=("team_id", "id"),
)

organisation_teams = table(
    "organisation_teams",
    "One row per team within the organisation, as GitHub keeps them",
    team_id(),
    column("id", Text, "GitHub's node id"),
    column("slug", Text, "Name as in @owner/slug"),
    column("name", Text, "Name"),
    column("members_count", Integer, "GitHub's own total of members, including those of child teams"),
    column("fetched_at", Timestamp, "When this was read from GitHub"),
    key=("team_id", "id"),
)

organisation_team_members = table(
    "organisation_team_members",
    "One row per member of a team within the organisation",
    team_id(),
    column("organisation_team_id", Text, "Node id of the team within the organisation"),
    column("login", Text, "Login"),
    column("role", Text, "MAINTAINER or MEMBER"),
    column("account_id", Text, "GitHub's node id of the person"),
    key=("team_id", "organisation_team_id", "login"),
)

team_memberships = table(
    "team_memberships",
    "One row per time that a person was a member of a team within the organisation, as far as prflow has seen",
    team_id(),
    column("organisation_team_id", Text, "Node id of the team within the organisation"),
    column("account_id", Text, "GitHub's node id of the person"),
    column(
        "since",
        Timestamp,
        "When prflow first saw it. Whoever was a member when the team was first read counts as one before, too",
    ),
    column("until", Timestamp, "When prflow first saw the team without the person; NULL for members of today"),
    key=("team_id", "organisation_team_id", "account_id", "since"),
)

people = table(
    "people",
    "One row per account that appears in a team's pull requests",
    team_id(),
    column("login", Text, "Login; ghost stands for all deleted accounts"),
    column("kind", Text, "GraphQL type: User, Bot, Mannequin, Organization, Ghost"),
    column("is_bot", Boolean, "True for a bot by type, login or list, or by a person's decision"),
    column("bot_reason", Text, "Why: type, login, list, behaviour (confirmed by a person) or person; NULL for a human"),
    column(
        "quick_answers_share",
        Float,
        "Share of the pull requests it responded to that got its response within 60 seconds of the opening, if over "
        "0.8 of at least 10: the account is proposed as a bot, for a person to confirm. NULL for other accounts",
    ),
    column("decided_at", Timestamp, "When a person decided is_bot, over the rules; NULL if the rules decide"),
    column(
        "account_id",
        Text,
        "Node id of the account; @ and the login in lower case if none is known, as for ghost",
    ),
    column(
        "bot_evidence",
        Text,
        "Why the account is proposed as a bot, for a person to confirm: what its name or its responses show; NULL for "
        "other accounts",
    ),
    key=("team_id", "account_id"),
)

accounts = table(
    "accounts",
    "One row per account that GitHub names in a team's data: the id that stays, and the login of today",
    team_id(),
    column("id", Text, "GitHub's node id"),
    column("database_id", BigInteger, "GitHub's databaseId; NULL for an EnterpriseUserAccount, which has none"),
    column("login", Text, "Login of today, which every table shows; the last one of a deleted account"),
    column("kind", Text, "GraphQL type: User, Bot, Mannequin, Organization, EnterpriseUserAccount"),
    column("gone_at", Timestamp, "When GitHub no longer found the account; NULL while it does"),
    key=("team_id", "id"),
)

account_logins = table(
    "account_logins",
    "One row per login that an account has had since prflow knows it",
    team_id(),
    column("account_id", Text, "Node id of the account"),
    column("login", Text, "Login"),
    column("since", Timestamp, "When prflow first saw the account with it"),
    column("until", Timestamp, "When prflow first saw the account with another; NULL for the login of today"),
    key=("team_id", "account_id", "login"),
)
