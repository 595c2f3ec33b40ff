from pytest_airproof import Index, Pip, Server, ServerMaker, Wheel


def test_anybody_may_upload_here(airproof_server: Server) -> None:
    airproof_server.client.create_index("root/open", acl_upload=[":ANONYMOUS:"])

    assert [":ANONYMOUS:"] == airproof_server.client.index("root/open")["acl_upload"]

    airproof_server.client.delete_index("root/open")


def test_the_server_is_away_and_comes_back(airproof_server_maker: ServerMaker, airproof_pip: Pip) -> None:
    server = airproof_server_maker("restarted")  # one of its own: no other test misses it
    server.client.create_index("root/local")
    index = Index(server, "root/local")
    index.upload(Wheel("demo"))
    url = index.url

    server.stop()
    assert not airproof_pip(url, "demo", retries=0).ok

    server.start()  # on the same data, on another port
    airproof_pip(index, "demo").check()
