"""Reading STL, PLY, OBJ and VTP files, whole and broken."""

import struct

import numpy as np
import pytest
import trimesh
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rfplan.anatomy.import_mesh_file import read_mesh_file
from rfplan.errors import InputError

BALL = trimesh.creation.icosphere(subdivisions=1, radius=50.0)
VERTICES, FACES = np.asarray(BALL.vertices), np.asarray(BALL.faces)


def stl_binary(header=b""):
    corners = VERTICES[FACES].astype("<f4")
    rows = b"".join(struct.pack("<3f", 0, 0, 0) + c.tobytes() + b"\0\0" for c in corners)
    return header.ljust(80, b" ") + struct.pack("<I", len(corners)) + rows


def stl_ascii():
    lines = ["solid bone"]
    for triangle in VERTICES[FACES]:
        lines += ["facet normal 0 0 0", "outer loop"]
        lines += ["vertex " + " ".join(f"{v:.9g}" for v in corner) for corner in triangle]
        lines += ["endloop", "endfacet"]
    return "\n".join([*lines, "endsolid bone", ""]).encode()


def ply(layout, comment="", quads=False):
    order = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}[layout]
    polygons = [list(f) for f in FACES]
    if quads:
        polygons = [[*polygons[0], polygons[0][2]], *polygons[1:]]
    header = (
        f"ply\nformat {layout} 1.0\n{comment}element vertex {len(VERTICES)}\n"
        "property float x\nproperty float y\nproperty float z\nproperty uchar red\n"
        f"element face {len(polygons)}\nproperty list uchar int vertex_indices\nproperty float quality\nend_header\n"
    ).encode()
    if not order:
        rows = [f"{x:.9g} {y:.9g} {z:.9g} 7" for x, y, z in VERTICES]
        rows += [f"{len(p)} {' '.join(map(str, p))} 0.5" for p in polygons]
        return header + ("\n".join(rows) + "\n").encode()
    body = b"".join(struct.pack(order + "3fB", *v, 7) for v in VERTICES)
    body += b"".join(struct.pack(f"{order}B{len(p)}if", len(p), *p, 0.5) for p in polygons)
    return header + body


def obj():
    lines = ["# a ball", "mtllib none.mtl"]
    lines += [f"v {x:.9g} {y:.9g} {z:.9g}" for x, y, z in VERTICES]
    lines += ["vn 0 0 1", "usemtl bone"]
    lines += [f"f {a + 1}//1 {b + 1}//1 {c - len(VERTICES)}//1" for a, b, c in FACES]
    return "\n".join([*lines, ""]).encode()


def vtp(tmp_path):
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
    from vtkmodules.vtkIOXML import vtkXMLPolyDataWriter

    points, cells, surface = vtkPoints(), vtkCellArray(), vtkPolyData()
    points.SetData(numpy_to_vtk(VERTICES, deep=True))
    for face in FACES:
        cells.InsertNextCell(3, face.tolist())
    surface.SetPoints(points)
    surface.SetPolys(cells)
    writer = vtkXMLPolyDataWriter()
    writer.SetFileName(str(tmp_path / "made.vtp"))
    writer.SetInputData(surface)
    writer.Write()
    return (tmp_path / "made.vtp").read_bytes()


CONTENTS = {
    "binary.stl": stl_binary(),
    "solid.stl": stl_binary(b"solid made by a program that begins so"),
    "text.stl": stl_ascii(),
    "text.ply": ply("ascii"),
    "little.ply": ply("binary_little_endian"),
    "big.ply": ply("binary_big_endian"),
    "ball.obj": obj(),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_every_format_gives_the_same_triangles(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(CONTENTS[name])
    raw = read_mesh_file(path)
    assert np.allclose(raw.vertices[raw.faces], VERTICES[FACES], atol=1e-4)
    assert raw.declared_frame is None


def test_vtp(tmp_path):
    path = tmp_path / "ball.VTP"
    path.write_bytes(vtp(tmp_path))
    raw = read_mesh_file(path)
    assert np.allclose(raw.vertices[raw.faces], VERTICES[FACES])


@pytest.mark.parametrize("layout", ["ascii", "binary_little_endian", "binary_big_endian"])
def test_polygons_are_cut_into_triangles(tmp_path, layout):
    path = tmp_path / "quads.ply"
    path.write_bytes(ply(layout, quads=True))
    raw = read_mesh_file(path)
    assert len(raw.faces) == len(FACES) + 1


@pytest.mark.parametrize("frame", ["RAS", "LPS"])
def test_the_frame_that_3d_slicer_writes_is_seen(tmp_path, frame):
    (tmp_path / "a.stl").write_bytes(stl_binary(f"3D Slicer output. SPACE={frame}".encode()))
    (tmp_path / "b.ply").write_bytes(ply("ascii", f"comment 3D Slicer output. SPACE={frame}\n"))
    assert read_mesh_file(tmp_path / "a.stl").declared_frame == frame
    assert read_mesh_file(tmp_path / "b.ply").declared_frame == frame


@pytest.mark.parametrize("name", [*CONTENTS, "ball.vtp"])
def test_an_empty_file_is_refused(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"")
    with pytest.raises(InputError, match=f"{name}: the file is empty"):
        read_mesh_file(path)


@pytest.mark.parametrize("name", CONTENTS)
@given(share=st.floats(0.0, 0.999))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_truncated_file_is_refused_or_says_what_is_missing_later(tmp_path, name, share):
    path = tmp_path / name
    content = CONTENTS[name]
    cut = content[: int(share * len(content))]
    path.write_bytes(cut)
    try:
        raw = read_mesh_file(path)
    except InputError as error:
        assert name in str(error)
        assert "\n" not in str(error)
    else:
        # OBJ has no end mark: what is missing shows as a hole. A text may also lose no more than its last characters
        assert name == "ball.obj" or len(content) - len(cut) < 16
        assert raw.faces.max() < len(raw.vertices)


@given(share=st.floats(0.0, 0.999))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_truncated_vtp_is_refused(tmp_path, share):
    whole = vtp(tmp_path)
    path = tmp_path / "cut.vtp"
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InputError, match=r"cut\.vtp"):
        read_mesh_file(path)


@pytest.mark.parametrize("name", CONTENTS)
@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_bytes_never_give_a_traceback(tmp_path, name, data):
    content = bytearray(CONTENTS[name])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / name
    path.write_bytes(bytes(content))
    try:
        raw = read_mesh_file(path)
    except InputError as error:
        assert name in str(error)
    else:
        assert raw.vertices.shape[1] == raw.faces.shape[1] == 3


def test_a_face_that_points_nowhere_is_refused(tmp_path):
    path = tmp_path / "sacrum.obj"
    path.write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 9\n")
    with pytest.raises(InputError, match="not in the file"):
        read_mesh_file(path)
