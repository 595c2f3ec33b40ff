import httpx

from pytest_airproof.packages import Sdist, Wheel


def test_what_is_uploaded_is_listed(airproof_index):
    airproof_index.upload(Wheel("demo", "1.2", requires=("base>=1",)), Sdist("base"))

    page = httpx.get(airproof_index.simple_url + "demo/", trust_env=False)

    assert "demo-1.2-py3-none-any.whl" in page.text
