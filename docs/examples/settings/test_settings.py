def test_the_settings_arrive(airproof_server, airproof_index):
    assert "" == airproof_server.password
    assert airproof_server.client.index(airproof_index.name)["volatile"] is False
