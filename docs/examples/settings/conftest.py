import pytest

from pytest_airproof import ServerSettings


@pytest.fixture(scope="session")
def airproof_server_settings() -> ServerSettings:
    return ServerSettings(password="", request_timeout=1)  # an empty password, as the manual leaves it


@pytest.fixture(scope="session")
def airproof_index_config() -> dict[str, object]:
    return {"volatile": False}
