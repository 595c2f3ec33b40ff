from pytest_airproof import Index, Sdist, Wheel


def test_what_is_uploaded_is_listed(airproof_index: Index) -> None:
    airproof_index.upload(Wheel("demo", "1.2", requires=("base>=1",)), Sdist("base"))

    assert ("base", "demo") == airproof_index.projects()
    assert ["demo-1.2-py3-none-any.whl"] == list(airproof_index.files("demo"))
