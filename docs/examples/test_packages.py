import zipfile


def test_files_for_a_wheelhouse(airproof_packages):
    good = airproof_packages.wheel("demo", "2.0", requires_python=">=3.10", extras={"fast": ("speed",)})
    cut = airproof_packages.truncated_wheel("broken")

    assert (True, False) == (zipfile.is_zipfile(good), zipfile.is_zipfile(cut))
    assert {good, cut} == set(airproof_packages.folder.iterdir())
