"""Which names of a distribution's files Python could import."""

from __future__ import annotations

import pytest

from airproof.probes.pip.installed import importable, modules_of


@pytest.mark.parametrize(
    ("files", "top", "whole"),
    [
        (["cv2/__init__.py", "opencv_python_headless.libs/libav-1a.so.4", "opencv.libs/libx.so"], "cv2", "cv2"),
        (["six.py", "__pycache__/six.cpython-311.pyc", "../../bin/six"], "six", "six"),
        (["ext.cpython-311-x86_64-linux-gnu.so"], "ext", "ext"),
        (["ext.abi3.so", "libext.so"], "ext", "ext"),
        (["ext.so"], "ext", "ext"),
        (["a/__init__.py", "a/b/c.py", "a/libn.so"], "a", "a"),
        (["google/cloud/storage/__init__.py", "google/cloud/storage/x.py"], "google", "google.cloud.storage"),
        (["google/__init__.py", "google/api/__init__.py"], "google", "google"),
        (["my_company/charts.py"], "my_company", "my_company.charts"),
        (["space/one.py", "space/two.py"], "space", "space"),
        (["data/x.so", "a/__init__.py"], "a", "a"),
        (["a/__init__.py", "not-a-name/x.py", "a-b.py"], "a", "a"),
        (["a/__init__.cpython-311-x86_64-linux-gnu.so"], "a", "a"),
    ],
)
def test_names_are_those_of_pythons_path_finder(files: list[str], top: str, whole: str) -> None:
    """Packages, single modules, extension modules and namespace packages; libraries of C beside them are none."""
    found = modules_of("my-company-charts", files)

    assert ([top], [whole]) == (list(found.top), list(found.whole))


def test_a_library_is_a_module_where_the_list_says_so() -> None:
    """`top_level.txt` is setuptools' own; of an egg-info it is all there is."""
    assert ("libodd",) == modules_of("libodd", ["libodd.so"], ["libodd"]).whole
    assert ("old", "older") == modules_of("old", ["../old.py"], ["old", "older"]).whole


def test_private_modules_and_tests_are_left_out_unless_there_is_nothing_else() -> None:
    """No flow imports them."""
    assert ("a", "company.charts") == importable(("_a", "a", "company._x", "company.charts", "tests", "tests.unit"))
    assert ("_a",) == importable(("_a", "_b"))
