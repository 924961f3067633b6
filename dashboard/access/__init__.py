"""Who may do what on the dashboard: one rule, the list of people, and the login that says who somebody is."""
