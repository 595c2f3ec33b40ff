from pytest_airproof import Index, Server


def test_the_settings_arrive(airproof_server: Server, airproof_index: Index) -> None:
    assert "" == airproof_server.password
    assert airproof_server.client.index(airproof_index.name)["volatile"] is False
