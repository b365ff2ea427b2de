"""``Path`` … ``File`` are pydantic fields that know where their value comes from."""

from __future__ import annotations

import inspect
import warnings

import pytest
from pydantic import AliasChoices

from hanok.exceptions import HanokDeprecationWarning
from hanok.params import declared, functions


@pytest.mark.parametrize("name", ["Path", "Query", "Header", "Cookie", "Body", "Form", "File"])
def test_the_function_makes_an_instance_of_the_class_of_its_name(name: str) -> None:
    made = getattr(functions, name)()
    assert type(made) is getattr(declared, name)


@pytest.mark.parametrize("name", ["Path", "Query", "Header", "Cookie", "Body", "Form", "File"])
def test_signatures_show_every_option_as_keyword_only(name: str) -> None:
    parameters = list(inspect.signature(getattr(functions, name)).parameters.values())
    assert parameters[0].name == "default"
    assert all(each.kind is inspect.Parameter.KEYWORD_ONLY for each in parameters[1:])
    names = [each.name for each in parameters]
    assert {"alias", "gt", "pattern", "examples", "deprecated", "json_schema_extra"} <= set(names)
    assert ("convert_underscores" in names) is (name == "Header")
    assert ("embed" in names) is (name == "Body")


def test_an_alias_is_the_name_on_the_way_in_and_out() -> None:
    made = functions.Query(alias="x", gt=3, title="T")
    assert (made.alias, made.validation_alias, made.serialization_alias, made.title) == ("x", "x", "x", "T")
    assert functions.Query(validation_alias=AliasChoices("a", "b")).alias is None


def test_a_path_parameter_has_no_default() -> None:
    with pytest.raises(AssertionError, match="Path parameters cannot have a default value"):
        functions.Path(5)


def test_old_names_of_options_still_work_and_say_so() -> None:
    with pytest.warns(HanokDeprecationWarning, match="`regex` has been deprecated"):
        assert functions.Query(regex="^a").metadata[0].pattern == "^a"
    with pytest.warns(HanokDeprecationWarning, match="`example` has been deprecated"):
        assert functions.Query(example=3).example == 3


def test_an_unknown_option_is_named_with_those_that_exist() -> None:
    with pytest.raises(TypeError, match=r"unexpected keyword argument 'aliass'; it takes .*alias"):
        functions.Query(aliass="x")


def test_representations_show_the_default() -> None:
    assert repr(functions.Query(5)) == "Query(5)"
    assert repr(functions.Body()) == "Body(PydanticUndefined)"


def test_a_declaration_warns_of_nothing_by_itself() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        functions.Query(None, alias="q", max_length=3, openapi_examples={"a": {"value": 1}})
