import httpx

from pytest_airproof.packages import Wheel


def test_a_file_comes_through_the_mirror(airproof_mirror):
    airproof_mirror.upstream.upload(Wheel("demo"))

    page = httpx.get(airproof_mirror.simple_url + "demo/", trust_env=False)

    assert "demo-1.0-py3-none-any.whl" in page.text
