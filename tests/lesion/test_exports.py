"""Files for other programs, read back with the libraries that own their formats: values, frames and volumes."""

import numpy as np
import pytest

import rfplan
from rfplan import InputError, Surroundings, export_lesion, solve_lesion
from rfplan.lesion.sampled_block import VALUES

NEEDLE = rfplan.electrode("conventional-18g-10mm")
TIP, AXIS = np.array([30.0, 70.0, -20.0]), np.array([0.2, 0.9, 0.4])


@pytest.fixture(scope="module")
def lesion():
    return solve_lesion(NEEDLE, accuracy="fast")


@pytest.fixture(scope="module")
def placed(lesion):
    return lesion.at(TIP, AXIS)


def expected(lesion, name, points):
    if name.endswith("_c"):
        return lesion.temperature_c(points) if name == "temperature_c" else lesion.peak_c(points)
    return lesion.dose({"nerve_dose": "nerve", "tissue_dose": "tissue", "cem43_min": "cem43"}[name], points)


@pytest.mark.parametrize("ending", [".vti", ".vtk", ".vtu"])
def test_a_grid_for_vtk_holds_every_value_where_it_belongs(placed, ending, tmp_path):
    import pyvista

    grid = pyvista.read(export_lesion(placed, tmp_path / f"a{ending}", spacing_mm=1.0))
    points = np.asarray(grid.points)
    assert set(VALUES) == set(grid.point_data.keys())
    for name in VALUES:
        assert np.allclose(grid.point_data[name], expected(placed, name, points), rtol=1e-5)
    # the whole of the outermost isotherm is inside, and the frame is that of the patient
    mesh = placed.surface(45.0)
    assert (points.min(axis=0) < mesh.bounds_mm[0]).all()
    assert (points.max(axis=0) > mesh.bounds_mm[1]).all()
    hottest = points[np.argmax(grid.point_data["temperature_c"])]
    along = TIP + AXIS / np.linalg.norm(AXIS) * np.linspace(0.0, 10.0, 101)[:, None]
    assert np.linalg.norm(along - hottest, axis=1).min() < 1.5
    assert isinstance(grid, pyvista.UnstructuredGrid if ending == ".vtu" else pyvista.ImageData)


@pytest.mark.parametrize(("ending", "value"), [(".nii.gz", "temperature_c"), (".nii", "nerve_dose")])
def test_a_volume_lies_in_the_patient(placed, ending, value, tmp_path):
    import nibabel

    image = nibabel.load(export_lesion(placed, tmp_path / f"a{ending}", value=value, spacing_mm=0.8))
    data = np.asarray(image.dataobj)
    assert image.header.get_zooms() == pytest.approx((0.8, 0.8, 0.8))
    assert image.header.get_xyzt_units()[0] == "mm"
    assert np.allclose(image.get_qform(), image.get_sform(), atol=1e-4)
    assert nibabel.aff2axcodes(image.affine) == ("L", "P", "S")
    rng = np.random.default_rng(0)
    index = rng.integers(0, data.shape, (300, 3))
    ras = nibabel.affines.apply_affine(image.affine, index)
    lps = ras * [-1.0, -1.0, 1.0]
    assert np.allclose(data[tuple(index.T)], expected(placed, value, lps), rtol=1e-5)
    if value == "temperature_c":
        volume = (data >= 50.0).sum() * 0.8**3
        assert volume == pytest.approx(placed.surface(50.0).volume_mm3, rel=0.05)


def test_a_lesion_that_is_not_placed_keeps_its_own_frame(lesion, tmp_path):
    import nibabel

    image = nibabel.load(export_lesion(lesion, tmp_path / "a.nii"))
    where = nibabel.affines.apply_affine(np.linalg.inv(image.affine), [0.0, 0.0, 5.0])
    assert np.asarray(image.dataobj)[tuple(np.round(where).astype(int))] == pytest.approx(
        float(lesion.temperature_c([0.0, 0.0, 5.0])), abs=0.01
    )


@pytest.mark.parametrize("ending", [".stl", ".ply", ".vtp"])
@pytest.mark.parametrize("isotherm", [50.0, 62.5])
def test_a_surface_is_closed_and_lies_in_the_patient(placed, ending, isotherm, tmp_path):
    path = export_lesion(placed, tmp_path / f"a{ending}", isotherm_c=isotherm)
    mesh = placed.surface(isotherm)
    if ending == ".vtp":
        import pyvista

        read = pyvista.read(path)
        vertices, volume = np.asarray(read.points), read.volume
        assert read.is_manifold
    else:
        import trimesh

        read = trimesh.load(path)
        vertices, volume = read.vertices, read.volume
        assert read.is_watertight
        assert read.is_winding_consistent
    assert volume == pytest.approx(mesh.volume_mm3, rel=1e-3)
    assert np.allclose([vertices.min(axis=0), vertices.max(axis=0)], mesh.bounds_mm, atol=1e-3)
    assert np.allclose(placed.temperature_c(vertices), isotherm, atol=2.0)


def test_bone_cuts_the_surface(tmp_path):
    import trimesh

    beside = solve_lesion(NEEDLE, surroundings=Surroundings(bone_gap_mm=1.0, bone_angle_deg=0.0), accuracy="fast")
    read = trimesh.load(export_lesion(beside, tmp_path / "a.stl", isotherm_c=50.0))
    assert read.bounds[0][0] == pytest.approx(-(NEEDLE.radius_mm + 1.0), abs=0.05)


def test_a_pair_is_sampled_with_both_needles(tmp_path):
    import nibabel

    pair = solve_lesion(NEEDLE, pair=8.0, accuracy="fast")
    image = nibabel.load(export_lesion(pair, tmp_path / "a.nii", spacing_mm=0.5))
    low, high = (nibabel.affines.apply_affine(image.affine, at) for at in ((0, 0, 0), np.subtract(image.shape, 1)))
    assert min(low[0], high[0]) < -8.0
    assert max(low[0], high[0]) > 8.0


def test_the_same_lesion_gives_the_same_bytes(placed, tmp_path):
    for ending in (".nii.gz", ".stl", ".vti"):
        first, second = (
            export_lesion(placed, tmp_path / f"{name}{ending}", spacing_mm=1.0).read_bytes() for name in "ab"
        )
        assert first == second


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("a.obj", {}, "--export"),
        ("a.gz", {}, "nii.gz"),
        ("a.stl", {"isotherm_c": 99.0}, "hottest"),
        ("a.stl", {"isotherm_c": float("nan")}, "--export-isotherm-c"),
        ("a.nii", {"value": "heat"}, "--export-value"),
        ("a.nii", {"spacing_mm": 0.0}, "--export-spacing-mm"),
        ("no/such/folder/a.nii", {}, "cannot be written"),
    ],
)
def test_what_cannot_be_exported_is_refused_and_leaves_nothing(placed, name, options, words, tmp_path):
    with pytest.raises(InputError, match=words):
        export_lesion(placed, tmp_path / name, **options)
    assert list(tmp_path.iterdir()) == []


def test_a_grid_that_is_too_fine_is_refused(lesion, tmp_path):
    from rfplan.lesion import sampled_block

    with pytest.MonkeyPatch.context() as patch, pytest.raises(InputError, match="--export-spacing-mm"):
        patch.setattr(sampled_block, "_MOST_NODES", 1000)
        export_lesion(lesion, tmp_path / "a.vti")
