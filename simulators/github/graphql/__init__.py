"""GraphQL: parse, validate, cost and execute a document over the store."""
