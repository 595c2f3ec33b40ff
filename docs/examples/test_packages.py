import zipfile

from pytest_airproof import Index, Packages


def test_files_of_a_wheelhouse(airproof_packages: Packages, airproof_index: Index) -> None:
    good = airproof_packages.wheel("demo", "2.0", requires_python=">=3.10", extras={"fast": ("speed",)})
    cut = airproof_packages.truncated_wheel("broken")

    assert (True, False) == (zipfile.is_zipfile(good), zipfile.is_zipfile(cut))
    assert (cut.name, good.name) == airproof_index.upload(airproof_packages.folder)
