"""`livesegment bench`: measurements of one's own machine, models and films."""

import typer

from livesegment.cli.bench_engines import engines
from livesegment.cli.bench_stages import stages
from livesegment.cli.bench_streaming import streaming

app = typer.Typer(
    help="Measure: engines, stages of a run, accuracy of live masks.", no_args_is_help=True
)
app.command()(engines)
app.command()(stages)
app.command()(streaming)


@app.callback()
def bench() -> None:
    """Measure: engines, stages of a run, accuracy of live masks."""
