"""`gbcs-hil bench store`: the figures for people and for programs."""

import json

from click.testing import CliRunner

from gbcs_hil.cli import main


def test_the_table_says_what_each_store_costs() -> None:
    arguments = ["bench", "store", "--target", "cpython:", "--store", "raw2", "--commands", "5"]
    shown = CliRunner().invoke(main, arguments)
    assert shown.exit_code == 0, shown.output
    assert "commands to 100,000 erases" in shown.stdout
    told = json.loads(CliRunner().invoke(main, [*arguments, "--json"]).stdout)
    first = told["stores"][0]
    assert (first["store"], first["changes"], first["commands"]) == ("raw2", "a counter", 5)
    # A slot and the mark that it is done.
    assert first["programs"] == 10
    assert first["limit"] == {"programs": 2.0, "erases": 0.01, "why": ""}
    assert first["within_limit"] is True


def test_a_store_that_cannot_keep_the_others_limit_says_why() -> None:
    arguments = ["bench", "store", "--target", "cpython:", "--store", "nvs", "--commands", "5"]
    shown = CliRunner().invoke(main, arguments)
    assert shown.exit_code == 0, shown.output
    assert "nvs: 2 programs are not to be had in ESP-IDF's format" in shown.stdout
