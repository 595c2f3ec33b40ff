from pytest_airproof import FaultyIndex, Mirror, Pip, Wheel


def test_a_file_comes_through_the_mirror(airproof_mirror: Mirror, airproof_pip: Pip) -> None:
    airproof_mirror.upstream.upload(Wheel("demo"))

    airproof_pip(airproof_mirror, "demo").check()


def test_what_the_mirror_has_fetched_outlives_its_upstream(airproof_mirror: Mirror, airproof_pip: Pip) -> None:
    airproof_mirror.upstream.upload(Wheel("demo"), Wheel("late"))
    with FaultyIndex(airproof_mirror.upstream) as upstream:
        airproof_mirror.modify(mirror_url=upstream.simple_url)
        airproof_pip(airproof_mirror, "demo").check()

        upstream.status(503)

        airproof_pip(airproof_mirror, "demo").check()
        assert not airproof_pip(airproof_mirror, "late", retries=0).ok
