"""The command `prflow`: one file per command."""
