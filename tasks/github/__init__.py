"""GitHub over its GraphQL API: what is asked, how it is asked, and how the answers become rows. Plain Python."""
