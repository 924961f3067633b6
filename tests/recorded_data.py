"""Recorded pull requests of real repositories: beside this checkout where they are at hand; tests skip without them."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDER = ROOT.parent / "shared" / "data"
SECP256K1 = FOLDER / "secp256k1.jsonl.gz"
