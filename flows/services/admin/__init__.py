"""The set-up service: what pages may change, done beside the dashboard with the functions that the commands use."""
