"""The parts that all deployments share: how a run begins, goes on, ends and fails."""
