"""How a command ends: with an exit code, and with a message that never holds a member's data.

Messages of libraries may quote values of a claim, so of an unexpected exception only its type and the places in
our code are shown. `CLEANCLAIM_DEBUG=1` shows the rest, after a warning.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Never

import click

from billing.errors import CleanclaimError

NOTHING, FOUND, COULD_NOT, FAILED = 0, 1, 2, 3
_PACKAGE = Path(__file__).resolve().parents[1]
_FRAMES = 12
_ALLOCATIONS = 1_000_000  # new objects after which reference cycles are looked for; Python's own number is 700


def guarded(command: Callable[[], object]) -> Never:
    """Run a command and leave the process with its exit code."""
    # Looking for reference cycles while modules load, and in everything there is when the process ends, is a quarter of
    # the time a small batch takes.
    gc.set_threshold(_ALLOCATIONS)
    atexit.register(gc.freeze)
    # Plugins of pydantic see the values of claims; finding out that there are none reads every installed package.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal may not know every sign
    sys.exit(_run(command))


def _run(command: Callable[[], object]) -> int:
    try:
        status = command()
        _flush()
    except CleanclaimError as error:
        _say(str(error))
        return COULD_NOT
    except click.ClickException as error:
        error.show()
        return COULD_NOT
    except (click.Abort, KeyboardInterrupt):
        _say("stopped; nothing half-written was left")
        return FAILED
    except BrokenPipeError:
        close_output()
        return FAILED
    except Exception as error:  # noqa: BLE001 every bug ends here, so that no value of a claim reaches the screen
        _say("\n".join(unexpected(error)))
        return FAILED
    return status if isinstance(status, int) else NOTHING


def unexpected(error: BaseException) -> Iterator[str]:
    """Describe an unexpected exception: room, type and places; its message and values only when asked for."""
    places = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_ours(frame.filename)]
    room = _module(places[-1].filename) if places else "the command line"
    yield f"cleanclaim failed in {room}: {_type(error)}"
    cause = error.__cause__ or error.__context__
    if cause is not None:
        yield f"  after {_type(cause)}"
    for frame in places[-_FRAMES:]:
        yield f"  {_module(frame.filename)}:{frame.lineno} {frame.name}"
    if os.environ.get("CLEANCLAIM_DEBUG") == "1":
        yield "WARNING: what follows may hold members' data; do not pass it on"
        yield "".join(traceback.format_exception(error)).rstrip()
    else:
        yield "  This is a bug; nothing half-written was left. CLEANCLAIM_DEBUG=1 shows more."


@contextlib.contextmanager
def tolerating_closed_output() -> Iterator[None]:
    """Print to a reader that may stop reading (`| head`): what was found still decides the exit code."""
    try:
        yield
        _flush()
    except BrokenPipeError:
        close_output()


def close_output() -> None:
    """Send what is left of standard output nowhere, so that Python does not complain about it when it ends."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _flush() -> None:
    sys.stdout.flush()


def _say(text: str) -> None:
    with contextlib.suppress(OSError):
        click.echo(text, err=True)


def _is_ours(filename: str) -> bool:
    return _PACKAGE in Path(filename).resolve().parents


def _module(filename: str) -> str:
    return ".".join(Path(filename).resolve().relative_to(_PACKAGE.parent).with_suffix("").parts)


def _type(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
