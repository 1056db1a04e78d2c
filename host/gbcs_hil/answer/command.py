"""`gbcs-hil answer`: its options, its progress, and what it prints."""

import os
from pathlib import Path

import click


@click.command()
@click.option(
    "--out",
    "folder",
    type=click.Path(path_type=Path),
    help="Where to leave the page and the evidence. Default: evidence/<time>-answer.",
)
@click.option(
    "--target",
    metavar="unix:|cpython:",
    default="cpython:",
    show_default=True,
    help="Where the devices run.",
)
@click.option("--jobs", type=click.IntRange(min=1), help="Devices at a time. Default: one a core.")
def answer(folder: Path | None, target: str, jobs: int | None) -> None:
    """Answer the working group: does the counter issue affect ESME, GPF and GSME?

    Gives the network operator's cells of each type of device, on each profile, to an operator
    that counts in small numbers. Leaves a page (answer.md) whose every cell leads to the
    evidence of its run. Exit status 0 if the question is answered, 2 if a run could not be
    played.
    """
    from rich.console import Console
    from rich.progress import Progress

    from gbcs_hil.answer import page, runs
    from gbcs_hil.answer.cases import CASES, Case
    from gbcs_hil.evidence.run_folder import new_folder

    folder = folder or new_folder("answer")
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Playing", total=len(CASES))

        def on_case(case: Case) -> None:
            progress.update(task, advance=1, description=f"Played {case.name}")

        findings = runs.play(folder, target, jobs or os.cpu_count() or 1, on_case)
    how = "Made by `gbcs-hil answer`; every finding leads to the evidence of its run."
    path = folder / "answer.md"
    path.write_text(page.markdown(findings, page.file_link, how), encoding="utf-8")
    for sentence in page.answers(findings):
        click.echo(click.wrap_text(sentence.replace("**", ""), 100))
        click.echo()
    click.echo(path)
