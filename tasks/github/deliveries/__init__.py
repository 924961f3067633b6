"""Releases and deployments."""
