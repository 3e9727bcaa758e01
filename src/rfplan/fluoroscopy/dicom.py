"""Export as DICOM X-ray angiographic image, marked as simulated wherever a viewer looks."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from rfplan.fluoroscopy.display import grey
from rfplan.fluoroscopy.exposure import reference_distance_mm

if TYPE_CHECKING:
    from rfplan.fluoroscopy.radiograph import Radiograph

_XA_STORAGE: Final = "1.2.840.10008.5.1.4.1.1.12.1"
_LEVELS: Final = 4096
SIMULATED: Final = "SIMULATED by rfplan - not an image of a person - not for diagnosis"


def dicom_of(radiograph: Radiograph) -> bytes:
    """The radiograph as a DICOM file of 12 bits; the same picture gives the same bytes and identifiers."""
    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

    import rfplan

    arm, dose = radiograph.c_arm, radiograph.dose
    pixels = radiograph.display.upright(
        grey(arm, radiograph.counts, radiograph.display, radiograph.open_photons, levels=_LEVELS)
    )
    digest = hashlib.sha256(pixels.tobytes() + repr(radiograph.to_json()["isocentre_mm"]).encode()).hexdigest()

    def uid(part: str) -> Any:
        return generate_uid(entropy_srcs=["rfplan", part, digest])

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(_XA_STORAGE)
    meta.MediaStorageSOPInstanceUID = uid("instance")
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = generate_uid(entropy_srcs=["rfplan", "implementation"])
    data = FileDataset(io.BytesIO(), Dataset(), file_meta=meta, preamble=b"\0" * 128)
    data.SOPClassUID, data.SOPInstanceUID = _XA_STORAGE, meta.MediaStorageSOPInstanceUID
    data.StudyInstanceUID, data.SeriesInstanceUID = uid("study"), uid("series")
    data.StudyDate, data.StudyTime, data.StudyID, data.AccessionNumber = "", "", "SIMULATED", ""
    data.SeriesNumber, data.InstanceNumber = 1, 1
    data.Modality = "XA"
    data.ImageType = ["DERIVED", "SECONDARY", "SINGLE PLANE", "SIMULATED"]
    data.PatientName, data.PatientID = "SIMULATED^RFPLAN", "SIMULATED"
    data.PatientBirthDate, data.PatientSex, data.ReferringPhysicianName = "", "", ""
    data.Manufacturer, data.ManufacturerModelName, data.SoftwareVersions = (
        "rfplan",
        "simulated C-arm",
        rfplan.__version__,
    )
    data.StudyDescription = data.SeriesDescription = "SIMULATED fluoroscopy"
    data.DerivationDescription = data.ImageComments = SIMULATED
    data.BurnedInAnnotation, data.LossyImageCompression = "NO", "00"
    data.PatientPosition = "HFP" if arm.position == "prone" else "HFS"
    data.PatientOrientation = ""
    data.PositionerMotion, data.PositionerType = "STATIC", "CARM"
    data.PositionerPrimaryAngle = round(arm.positioner_primary_deg, 3)
    data.PositionerSecondaryAngle = round(arm.positioner_secondary_deg, 3)
    data.DistanceSourceToDetector, data.DistanceSourceToPatient = round(arm.sid_mm, 3), round(arm.sod_mm, 3)
    data.EstimatedRadiographicMagnificationFactor = round(arm.magnification, 6)
    data.ImagerPixelSpacing = [round(arm.pixel_mm, 6)] * 2
    data.FieldOfViewShape = "ROUND" if arm.collimator == "circle" else "RECTANGLE"
    data.FieldOfViewDimensions = [round(arm.field_mm)] * (1 if arm.collimator == "circle" else 2)
    data.RadiationSetting = "GR" if radiograph.exposure.mode == "spot" else "SC"
    data.KVP, data.XRayTubeCurrent, data.ExposureTime, data.Exposure = None, None, None, None
    # in dGy cm2, and mGy at the reference point
    data.ImageAndFluoroscopyAreaDoseProduct = f"{dose.dap_mgy_cm2 / 100.0:.6g}"
    data.EntranceDoseInmGy = f"{dose.air_kerma_mgy:.6g}"
    data.DistanceSourceToEntrance = round(reference_distance_mm(arm), 3)
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.Rows, data.Columns = pixels.shape
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 12, 11, 0
    data.PixelIntensityRelationship = "DISP"
    data.WindowCenter, data.WindowWidth = _LEVELS // 2, _LEVELS
    data.PixelData = np.asarray(pixels, dtype="<u2").tobytes()
    buffer = io.BytesIO()
    data.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
