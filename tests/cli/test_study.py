"""The commands compare and study."""

import json

from rfplan.cli import main


def test_compare_prints_one_row_per_technique(tmp_path, capsys, monkeypatch):
    out = tmp_path / "out"
    status = main(
        [
            "compare",
            "--techniques",
            "cooled-clockface",
            "--patients",
            "3",
            "--workers",
            "1",
            "--out",
            str(out),
            "--json",
        ]
    )
    document = json.loads(capsys.readouterr().out)
    assert status == 0
    (row,) = document["rows"]
    assert row["strategy"] == "cooled-clockface"
    assert row["patients"] == 3
    assert row["criterion"] == "transection"
    assert set(row["missed"]) == {"L5", "S1", "S2", "S3"}
    assert 0.0 <= row["captured_ci95"][0] <= row["captured_mean"] <= row["captured_ci95"][1] <= 1.0
    for name in ("summary.json", "manifest.json", "captured_by_level.png", "complete.png"):
        assert (out / name).is_file()
    # in a narrow terminal the names are whole
    monkeypatch.setenv("COLUMNS", "80")
    again = ["--patients", "3", "--workers", "1", "--lesion-model", "shapes", "--out", str(tmp_path / "shapes")]
    assert main(["compare", "--techniques", "conventional-periforaminal", *again]) == 0
    assert "conventional-periforaminal " in capsys.readouterr().out
    # what nobody has is not said to be taken, and what somebody has is not left out
    study = tmp_path / "study.toml"
    study.write_text(
        'patients = 3\nlesion_model = "shapes"\n[branches]\nl5 = false\n[[strategies]]\ntechnique = "cooled-classic"\n'
    )
    assert main(["study", str(study), "--workers", "1", "--out", str(tmp_path / "no_l5")]) == 0
    printed = capsys.readouterr().out
    assert next(line for line in printed.splitlines() if "cooled-classic" in line).split()[5] == "none"
    assert "none where nobody has one" in " ".join(printed.split())
    # again: refused without --resume, the same with it
    assert main(["compare", "--techniques", "cooled-clockface", "--patients", "3", "--out", str(out)]) == 2
    capsys.readouterr()
    assert (
        main(
            ["compare", "--techniques", "cooled-clockface", "--patients", "3", "--out", str(out), "--resume", "--json"]
        )
        == 0
    )
    assert json.loads(capsys.readouterr().out)["rows"] == document["rows"]


def test_compare_takes_plans_that_are_computed_for_every_patient(tmp_path, capsys):
    names = "optimised,cooled-classic"
    given = ["--patients", "1", "--workers", "1", "--out", str(tmp_path / "out"), "--json"]
    assert main(["compare", "--techniques", names, *given]) == 0
    computed, published = json.loads(capsys.readouterr().out)["rows"]
    assert (computed["strategy"], published["strategy"]) == ("optimised", "cooled-classic")
    assert 1 <= computed["applications_mean"] <= 6
    assert computed["stop_violations"] == 0.0


def test_wrong_input_ends_in_one_message(tmp_path, capsys):
    for arguments, words in (
        (["compare", "--techniques", "palisad"], "did you mean 'palisade'"),
        (["compare", "--techniques", "optimized"], "did you mean 'optimised'"),
        (["compare", "--techniques", " ,"], "--techniques ' ,' names none"),
        (["compare", "--patients", "0"], "patients is 0"),
        # no list of so many chunks is begun
        (["compare", "--patients", "1000000000000"], "it must be a whole number from 1 to 10000000"),
        (["compare", "--seed", "-1"], "seed is -1"),
        (["compare", "--criterion", "ap"], "--criterion 'ap'"),
        (["study", str(tmp_path / "none.toml")], "No such file"),
    ):
        assert main([*arguments, *(["--out", str(tmp_path / "o")])]) == 2
        assert words in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "o").exists()
    (tmp_path / "file").touch()
    assert main(["compare", "--patients", "1", "--out", str(tmp_path / "file")]) == 2
    assert "is a file; give a new or empty folder" in " ".join(capsys.readouterr().err.split())
