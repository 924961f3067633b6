"""Run it: `python -m benchmarks.metrics`."""

import sys

from benchmarks.metrics.bench import main

sys.exit(main())
