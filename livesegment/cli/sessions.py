"""`livesegment sessions`: what was recorded, and what can be made of it."""

import typer

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="What was recorded: list, show, repair, replay, export, pin.",
)
