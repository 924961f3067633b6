"""Files that nobody wrote by hand."""

import polars as pl
import pytest

from warehouse.metrics.size import generated, is_generated

WRITTEN_BY_HAND = [
    "src/main.c", "lock.py", "my.go.sum.py", "distances/x.py", "docs/vendors.md", "pkg/pods/list.go",
    "requirements.txt", "package.json", "app/minify.js", "tests/snapshot_test.py", "generator/main.go", "yarn.lock.md",
]  # fmt: skip
GENERATED = [
    "yarn.lock", "web/package-lock.json", "Cargo.lock", "go.sum", "uv.lock", "requirements.lock", "vendor/lib/a.c",
    "third_party/zlib/zlib.h", "app/node_modules/x/index.js", "Pods/A/a.m", "static/app.min.js", "static/app.js.map",
    "src/__snapshots__/view.test.ts.snap", "api/user.pb.go", "api/user_pb2.py", "types/api.generated.ts",
    "model.g.dart", "k8s/zz_generated.deepcopy.go", "dist/bundle.js", "src/generated/client.ts",
]  # fmt: skip


@pytest.mark.parametrize("path", WRITTEN_BY_HAND)
def test_a_file_written_by_hand_counts(path: str) -> None:
    assert not is_generated(path)


@pytest.mark.parametrize("path", GENERATED)
def test_lock_files_vendored_generated_and_minified_files_and_snapshots_do_not_count(path: str) -> None:
    assert is_generated(path)


def test_the_expression_says_the_same_as_the_function() -> None:
    paths = WRITTEN_BY_HAND + GENERATED
    frame = pl.DataFrame({"path": paths})
    assert frame.select(generated()).to_series().to_list() == [is_generated(path) for path in paths]
