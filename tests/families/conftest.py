"""What tests of families share."""

import pytest

from livesegment.engines.registry import ENGINES, engine_factory
from livesegment.errors import EngineError


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine's name, if what it needs is installed."""
    name = str(request.param)
    try:
        engine_factory(name)
    except EngineError as error:
        pytest.skip(str(error))
    return name
