"""A folder with the sample tables in it, in which a page is followed."""

import shutil

import pytest
from support.daemon import free_port
from support.guide import follow


@pytest.fixture
def folder(tmp_path, warehouse):
    path = tmp_path / "followed"
    shutil.copytree(warehouse, path / "warehouse")
    return path


@pytest.fixture
def try_page(folder):
    """try_page(page, name, ...): all blocks of one name; `more` are spellings beside Sluice's own."""

    def run(page, name, variables=None, **more):
        own = {f"127.0.0.1:{port}": f"127.0.0.1:{free_port()}" for port in (8080, 8081)}
        return follow(page, name, folder, own | more.pop("spellings", {}), variables=variables, **more)

    return run
