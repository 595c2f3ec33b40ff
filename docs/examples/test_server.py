def test_anybody_may_upload_here(airproof_server):
    airproof_server.client.create_index("root/open", acl_upload=[":ANONYMOUS:"])

    assert [":ANONYMOUS:"] == airproof_server.client.index("root/open")["acl_upload"]

    airproof_server.client.delete_index("root/open")
