"""How Sphinx builds the documentation: `./run docs`."""

import gbcs_hil

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
    "evidence": {"url": "evidence/{{path}}/report.html{{#fragment}}", "classes": ["evidence"]},
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
