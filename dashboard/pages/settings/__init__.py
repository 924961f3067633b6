"""Settings of a team: its zone, people, repositories, bots, rules and tokens."""
