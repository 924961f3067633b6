"""GitHub over its GraphQL API: queries, client, and how responses become rows. Plain Python."""
