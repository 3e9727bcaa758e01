"""Studies are the same however they are run, broken off and taken up again."""

import json
import socketserver
import threading

import numpy as np
import polars as pl
import pytest

from rfplan.errors import InputError
from rfplan.study.chunk import chunk_bytes, chunk_table
from rfplan.study.design import checked, design_from
from rfplan.study.ledger import Ledger
from rfplan.study.runner import run_study
from rfplan.study.summary import captured_parts, paired_differences, strategy_rows, study_table

DESIGN = checked(
    design_from(
        {
            "strategies": [{"technique": "cooled-clockface"}, {"technique": "conventional-periforaminal"}],
            "patients": 7,
            "chunk": 2,
            "operator": {},
        }
    )
)


class Chatter(socketserver.BaseRequestHandler):
    """A web server, say."""

    def handle(self):
        self.request.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted((folder / "chunks").iterdir())}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A study run in this process' children, two at a time."""
    folder = tmp_path_factory.mktemp("study") / "whole"
    run_study(Ledger.opened(folder, DESIGN, resume=False), workers=2)
    return folder


def test_chunks_are_those_computed_here(whole):
    ledger = Ledger.found(whole)
    assert not ledger.missing
    assert contents(whole)["chunk-000001.parquet"] == chunk_bytes(DESIGN.to_json(), 1)


def test_one_worker_gives_the_same_bytes(whole, tmp_path):
    run_study(Ledger.opened(tmp_path / "one", DESIGN, resume=False), workers=1)
    assert contents(tmp_path / "one") == contents(whole)


def test_every_patient_has_every_strategy_once_and_in_order(whole):
    table = study_table(Ledger.found(whole))
    assert table["patient"].to_list() == [k for k in range(7) for _ in range(2)]
    assert table["strategy"].to_list() == ["cooled-clockface", "conventional-periforaminal"] * 7
    for level in ("L5", "S1", "S2", "S3"):
        assert (table[f"cut_{level}"] <= table[f"branches_{level}"]).all()
        pairs = table[f"branches_{level}"].to_numpy().reshape(-1, 2)
        assert np.array_equal(pairs[:, 0], pairs[:, 1])


def test_summary_is_what_the_table_says(whole):
    table = study_table(Ledger.found(whole))
    for row in strategy_rows(table, "ap_projection"):
        own = table.filter(pl.col("strategy") == row["strategy"])
        taken = sum(own[f"ap_{level}"] for level in ("L5", "S1", "S2", "S3", "S4")).to_numpy()
        parts = taken / sum(own[f"branches_{level}"] for level in ("L5", "S1", "S2", "S3", "S4")).to_numpy()
        assert row["captured_mean"] == pytest.approx(parts.mean())
        assert row["complete"] == pytest.approx((parts == 1.0).mean())
        assert row["captured_ci95"][0] <= row["captured_mean"] <= row["captured_ci95"][1]
    difference = paired_differences(table, "transection")[0]
    one, other = (
        captured_parts(table.filter(pl.col("strategy") == name), "transection")
        for name in (difference["one"], difference["other"])
    )
    assert difference["captured_difference"] == pytest.approx((one - other).mean())


def test_missing_and_damaged_chunks_alone_are_computed_anew(whole, tmp_path):
    folder = tmp_path / "damaged"
    run_study(Ledger.opened(folder, DESIGN, resume=False), workers=1)
    first, last = folder / "chunks" / "chunk-000000.parquet", folder / "chunks" / "chunk-000003.parquet"
    first.write_bytes(first.read_bytes()[:-20])
    last.unlink()
    kept = (folder / "chunks" / "chunk-000001.parquet").stat().st_mtime_ns
    ledger = Ledger.opened(folder, DESIGN, resume=True)
    assert ledger.damaged == (0, 3)
    assert ledger.missing == [0, 3]
    run_study(ledger, workers=1)
    assert contents(folder) == contents(whole)
    assert (folder / "chunks" / "chunk-000001.parquet").stat().st_mtime_ns == kept


def test_folders_of_other_things_are_refused(whole, tmp_path):
    other = checked(design_from(DESIGN.to_json() | {"seed": 2}))
    with pytest.raises(InputError, match="holds another study, whose seed is 1, not 2"):
        Ledger.opened(whole, other, resume=True)
    other = checked(design_from(DESIGN.to_json() | {"strategies": [{"technique": "palisade"}]}))
    with pytest.raises(InputError, match="holds another study, with other strategies"):
        Ledger.opened(whole, other, resume=True)
    with pytest.raises(InputError, match="--resume completes it"):
        Ledger.opened(whole, DESIGN, resume=False)
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(InputError, match="holds no study"):
        Ledger.opened(tmp_path, DESIGN, resume=False)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schema": "rfplan/study/9"}, "schema"),
        ({"rfplan": "0.0.1"}, "version 0.0.1"),
        ({"design_hash": "0" * 16}, "does not match"),
        ({"sha256": None}, "not the manifest"),
        ({"made_by": "0.1.0+00000000.00000000"}, "have changed since"),
        ({"design": {"strategies": "palisade"}}, r"manifest\.json: its design is not one"),
    ],
)
def test_a_manifest_that_does_not_match_is_refused(tmp_path, change, words):
    Ledger.opened(tmp_path / "s", DESIGN, resume=False).begin()
    path = tmp_path / "s" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(InputError, match=words):
        Ledger.opened(tmp_path / "s", DESIGN, resume=True)


def test_less_than_one_worker_is_refused_and_nothing_left_behind(tmp_path):
    with pytest.raises(InputError, match="--workers is 0"):
        run_study(Ledger.opened(tmp_path / "s", DESIGN, resume=False), workers=0)
    assert not (tmp_path / "s").exists()


def test_a_scheduler_that_does_not_answer_is_refused_and_nothing_left_behind(tmp_path):
    ledger = Ledger.opened(tmp_path / "s", DESIGN, resume=False)
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        run_study(ledger, scheduler="tcp://127.0.0.1:9")
    with pytest.raises(InputError, match="give an address"):
        run_study(ledger, scheduler="here")
    assert not (tmp_path / "s").exists()


def test_tables_do_not_depend_on_what_else_is_in_the_chunk():
    alone = chunk_table(checked(design_from(DESIGN.to_json() | {"chunk": 1})), 3)
    beside = chunk_table(DESIGN, 1).filter(pl.col("patient") == 3)
    assert alone.equals(beside)


def test_what_is_no_dask_scheduler_is_refused_whatever_it_answers(tmp_path):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Chatter) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        ledger = Ledger.opened(tmp_path / "s", DESIGN, resume=False)
        with pytest.raises(InputError, match="no Dask scheduler answers"):
            run_study(ledger, scheduler=f"tcp://127.0.0.1:{server.server_address[1]}")
        server.shutdown()
    assert not (tmp_path / "s").exists()
