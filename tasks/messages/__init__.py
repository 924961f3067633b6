"""Messages to people: what they say, where they go, and how they are sent. Knows no Prefect."""
