"""The parts that all deployments share: how a run begins, goes on, ends and fails."""

from flows.lifecycle.logs.masking import hide_password_of_prefect

hide_password_of_prefect()
