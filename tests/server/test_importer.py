import sys

import pytest

from hanok.exceptions import ConfigError
from hanok.server.importer import load

CODE = """
def app(scope): return "app"
def make(): return app
def wants(it): return app
def every(*args): return "every"
def opts(**options): return app
class inner:
    deep = app
number = 5
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A directory with modules that no other test has."""
    before = set(sys.modules)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "tried_main.py").write_text(CODE)
    (tmp_path / "tried_empty.py").write_text("other = 1")
    (tmp_path / "tried_broken.py").write_text("import tried_missing")
    (tmp_path / "tried_pack").mkdir()
    (tmp_path / "tried_pack" / "__init__.py").write_text(CODE)
    (tmp_path / "tried_pack" / "sub.py").write_text("from tried_pack import app")
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("tried_"):
            del sys.modules[name]


@pytest.mark.parametrize(
    "target",
    [
        "tried_main:app",
        "tried_main",
        "tried_main:inner.deep",
        "tried_main.py:app",
        "tried_main.py",
        "tried_pack:app",
        "tried_pack.sub:app",
        "tried_pack/sub.py:app",
        "tried_pack/__init__.py",
    ],
)
def test_targets_that_are_found(place, target):
    assert load(target, app_dir=str(place))(None) == "app"


def test_a_factory_is_called(place):
    assert load("tried_main:make", app_dir=str(place), factory=True)(None) == "app"


def test_what_takes_any_arguments_is_called_as_an_application(place):
    assert load("tried_main:every", app_dir=str(place))(None) == "every"


def test_the_current_directory_is_looked_at(place, monkeypatch):
    monkeypatch.chdir(place)
    assert load("tried_main:app")(None) == "app"


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (":app", "names no module"),
        ("tried_nothing:app", "no module 'tried_nothing': looked for 'tried_nothing' in"),
        ("tried_pack.nothing:app", "no module 'tried_pack.nothing'"),
        ("tried_nothing.py:app", "no file"),
        ("tried_main:ap", "has no 'ap'. It has app: type tried_main:app."),
        ("tried_empty:app", "'tried_empty' has no 'app'."),
        ("tried_empty", "has none of app, application, api; say which attribute"),
        ("tried_main:number", "is not an application but of type int"),
        ("tried_main:make", "it is no application. If it makes one, add --factory."),
        ("tried_main:opts", "add --factory"),
    ],
)
def test_a_wrong_target_says_what_was_tried(place, target, message):
    with pytest.raises(ConfigError) as caught:
        load(target, app_dir=str(place))
    assert message in str(caught.value)


def test_a_factory_that_wants_arguments_is_refused(place):
    with pytest.raises(ConfigError, match="callable without arguments"):
        load("tried_main:wants", app_dir=str(place), factory=True)


def test_errors_inside_the_module_travel_on(place):
    with pytest.raises(ModuleNotFoundError, match="tried_missing"):
        load("tried_broken:app", app_dir=str(place))


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("near_shop:app", "It has shop: type near_shop:shop."),
        ("near_shop", "It has shop: type near_shop:shop."),
        ("near_made:app", "type near_made:create_app --factory"),
        ("near_made:version", "is not an application but of type str, and cannot be called. It has create_app()"),
        ("near_shp:app", "Did you mean near_shop?"),
        ("near_shop.shop", "Did you mean near_shop:shop?"),
        (
            "near_inside:app",
            "There is near_folder/near_inside.py: type near_folder.near_inside, or --app-dir near_folder.",
        ),
    ],
)
def test_what_could_have_been_meant_is_named(tmp_path, target, message):
    (tmp_path / "near_shop.py").write_text("from hanok import Hanok\n\nshop = Hanok()\n")
    (tmp_path / "near_made.py").write_text("version = '1'\n\n\ndef create_app():\n    pass\n")
    (tmp_path / "near_folder").mkdir()
    (tmp_path / "near_folder" / "near_inside.py").write_text("app = None\n")
    with pytest.raises(ConfigError) as caught:
        load(target, app_dir=str(tmp_path))
    assert message in str(caught.value)


def test_a_directory_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match="There is no such directory"):
        load("main_of_nowhere:app", app_dir=str(tmp_path / "nowhere"))
