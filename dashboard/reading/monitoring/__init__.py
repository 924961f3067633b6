"""What programs that watch are told: `/healthz` and `/metrics`."""
