"""`cleanclaim explain-ack`: a TA1, 999 or 277CA that came back, put into words beside the file that was sent."""

from __future__ import annotations

import json

import click

from billing.cli.failures import FOUND, NOTHING, tolerating_closed_output


@click.command("explain-ack")
@click.argument("file", metavar="FILE", type=click.Path())
@click.option(
    "--original", "originals", multiple=True, metavar="FILE", type=click.Path(),
    help="The claims file that was sent; may be repeated.",
)  # fmt: skip
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--show-members", is_flag=True, help="Show members' names and ids.")
def explain_ack(file: str, originals: tuple[str, ...], form: str, show_members: bool) -> int:
    """Put an acknowledgement into words: a TA1, 999 or 277CA that a payer or clearinghouse sent back.

    What FILE is, is told by its content; it may hold several. With --original each answer stands beside the segment
    or the claim it speaks of. What cannot be found there is said.

    Exit status: 0 everything was accepted, or received without a complaint; 1 something was rejected, has errors,
    is missing or could not be found; 2 FILE is no acknowledgement, or a file cannot be read.
    """
    from billing.acknowledgements.explaining import explain_acknowledgement  # noqa: PLC0415 so that --help is fast
    from billing.acknowledgements.original import Originals  # noqa: PLC0415 likewise
    from billing.cli.ack_json import explanation_as_data  # noqa: PLC0415 likewise
    from billing.cli.ack_text import explanation_in_text  # noqa: PLC0415 likewise
    from billing.formats import open_input  # noqa: PLC0415 likewise

    name, data = open_input(file)
    explanation = explain_acknowledgement(data, name, Originals(originals, show_members=show_members))
    with tolerating_closed_output():
        if form == "json":
            click.echo(json.dumps(explanation_as_data(explanation), indent=2, ensure_ascii=False))
        else:
            click.echo("\n".join(explanation_in_text(explanation)))
    return FOUND if explanation.needs_action else NOTHING
