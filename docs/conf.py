"""How Sphinx builds the documentation: `./run docs`."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
from sphinx.application import Sphinx
from sphinx.util import logging

import gbcs_hil
from gbcs_hil.answer import page, runs
from gbcs_hil.cli import main

logger = logging.getLogger(__name__)

project = "gbcs-hil"
author = "the gbcs-hil contributors"
release = version = gbcs_hil.__version__
project_copyright = author

extensions = ["myst_parser", "sphinx_copybutton"]
exclude_patterns = ["_build"]
nitpicky = True

myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3
# A link of this scheme is one to a run that the build plays: where the page is read without
# having been built, there is nothing to lead to, and it is plain text.
myst_url_schemes = {
    "http": None,
    "https": None,
    "evidence": {"url": "evidence/{{path}}/report.html#{{fragment}}", "classes": ["evidence"]},
}

html_theme = "furo"
html_title = f"gbcs-hil {release}"
html_static_path = ["_static"]
html_css_files = ["gbcs-hil.css"]
html_show_sphinx = False
html_copy_source = False
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#1f5f8b",
        "color-brand-content": "#1f5f8b",
        "font-stack": "system-ui, sans-serif",
        "font-stack--monospace": "ui-monospace, monospace",
    },
    "dark_css_variables": {
        "color-brand-primary": "#7db8e8",
        "color-brand-content": "#7db8e8",
    },
}
pygments_style = "friendly"
pygments_dark_style = "github-dark"

copybutton_prompt_text = "$ "
copybutton_only_copy_prompt_lines = True
copybutton_exclude = ".go, .gp"


def _play_the_answer(app: Sphinx) -> None:
    """Play the answer's runs into the built pages, and see that the page says what they gave."""
    if app.builder.format != "html" or not app.config.answer_evidence:
        return
    folder = Path(app.outdir, "evidence", "answer")
    shutil.rmtree(folder, ignore_errors=True)
    findings = runs.play(folder, "cpython:", os.cpu_count() or 1)
    if (Path(app.srcdir) / "answer.md").read_text(encoding="utf-8") != page.documented(findings):
        logger.warning("docs/answer.md is not what the runs gave: run python tests/answer_page.py")


def _helps(command: click.Command, context: click.Context, words: str) -> Iterator[str]:
    """Yield the help of a command and of all below it, each as a section."""
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            within = click.Context(below, context, name, **below.context_settings)
            yield from _helps(below, within, f"{words} {name}")
    else:
        yield f"## {words}\n\n```text\n{command.get_help(context)}\n```\n"


def _add_the_commands(_app: Sphinx, name: str, source: list[str]) -> None:
    """Put every command's help on the page of the commands."""
    if name == "commands":
        context = click.Context(main, None, "gbcs-hil", **main.context_settings)
        source[0] += "\n" + "\n".join(_helps(main, context, "gbcs-hil"))


def setup(app: Sphinx) -> None:
    """Have the answer's runs played, and the commands asked, with each build."""
    app.add_config_value("answer_evidence", True, "", bool)
    app.connect("builder-inited", _play_the_answer)
    app.connect("source-read", _add_the_commands)
