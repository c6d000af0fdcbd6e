"""The sample is a configuration that is taken, and the README tells every option."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

import adapters.sql
from adapters.sql import markers
from adapters.sql.config import SqlConfig

PLACE = Path(adapters.sql.__file__).parent
README = (PLACE / "README.md").read_text()


def test_the_sample_is_taken():
    sample = yaml.safe_load((PLACE / "sample.yaml").read_text())
    (connector,) = sample.values()
    assert connector["adapter"] == adapters.sql.ADAPTER.name
    SqlConfig.model_validate(connector["settings"])


@pytest.mark.parametrize("recipe", re.findall(r"```yaml\n(.*?)```", README, re.DOTALL))
def test_a_recipe_is_taken(recipe: str):
    SqlConfig.model_validate(yaml.safe_load(recipe))


def test_every_option_is_told():
    schema = SqlConfig.model_json_schema()
    fields = {name for model in [schema, *schema["$defs"].values()] for name in model.get("properties", {})}
    told = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"^\| (.*?) \|", README, re.MULTILINE))))
    assert fields - told - {"object_types"} == set()


def test_every_column_of_the_marker_table_is_told():
    (ddl,) = re.findall(rf"CREATE TABLE {markers.NAME} \((.*?)\);", README, re.DOTALL)
    for column in markers.TABLE.columns:
        assert re.search(rf"{column.name} +{re.escape(str(column.type))}", ddl), column.name
