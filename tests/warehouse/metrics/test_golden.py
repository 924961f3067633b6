"""The recorded pull requests give what they gave: every metric of 8 weeks, and six definitions of one of them."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.recorded_data import SECP256K1
from tests.warehouse.metrics import golden
from tests.warehouse.metrics.recorded import read_secp256k1
from warehouse.metrics.lab.presets import PRESETS
from warehouse.metrics.registry import METRICS

recorded = pytest.mark.skipif(not SECP256K1.exists(), reason=f"the recorded pull requests are not at {SECP256K1}")


@recorded
def test_every_metric_of_8_weeks_is_as_it_was_written() -> None:
    computed = golden.compute_golden()
    written = pl.read_csv(golden.FILE, schema=computed.schema)
    assert_frame_equal(computed, written, rel_tol=1e-12)


@recorded  # whoever adds a metric without them cannot write its lines
def test_the_file_has_every_metric_and_8_weeks() -> None:
    written = pl.read_csv(golden.FILE)
    assert written["metric"].unique(maintain_order=True).to_list() == [metric.name for metric in METRICS]
    assert set(written.group_by("metric").len()["len"]) == {8}


@recorded
def test_the_page_of_six_definitions_is_what_the_data_give() -> None:
    page = golden.render_page(read_secp256k1())
    assert page == golden.PAGE.read_text(encoding="utf-8")
    assert page.count("## ") == len(PRESETS["first_response_p50_hours"])
