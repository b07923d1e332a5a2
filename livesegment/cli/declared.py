"""Options that a dataclass declares: its fields as flags of a command and keys of a config file."""

import inspect
from collections.abc import Callable, Collection
from dataclasses import MISSING, Field, fields
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import typer
from typer.models import OptionInfo

from livesegment.cli.confidential import Confidential
from livesegment.cli.values import number, whole_number
from livesegment.errors import SpecError, UsageError

T = TypeVar("T")

NUMBERS: dict[Any, Callable[..., float]] = {int: whole_number, float: number}
"""What reads them."""


def option(panel: str, text: str, **bounds: Any) -> Any:
    """A Typer option in a panel of the help."""
    return typer.Option(help=text, rich_help_panel=panel, **bounds)


def takes(
    options: type[Any], *, without: Collection[str] = ()
) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """Give a command the fields of a dataclass as options, None where not typed.

    The command itself takes them as keyword arguments.

    Args:
        options: the dataclass, each field annotated with its Typer option.
        without: names of fields that the command does not have.
    """

    def decorate(command: Callable[..., T]) -> Callable[..., T]:
        hints = get_type_hints(options, include_extras=True)
        own = inspect.signature(command, eval_str=True).parameters.values()
        wanted = [field for field in fields(options) if field.name not in without]
        parameters = [_parameter(field, hints[field.name]) for field in wanted]
        parameters += [p for p in own if p.kind is not inspect.Parameter.VAR_KEYWORD]
        ordered = sorted(parameters, key=lambda p: p.default is not inspect.Parameter.empty)
        command.__signature__ = inspect.Signature(ordered)  # type: ignore[attr-defined]
        command.__annotations__ = {p.name: p.annotation for p in ordered}
        return command

    return decorate


def _parameter(field: "Field[Any]", hint: Any) -> inspect.Parameter:
    plain, info = get_args(hint)[0], get_args(hint)[1]
    shown = OptionInfo(**{key: value for key, value in vars(info).items() if key != "show_default"})
    shown.show_default = False if field.default in (None, MISSING) else str(field.default)
    return inspect.Parameter(
        field.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[plain | None, shown],
    )


def check(key: str, value: Any, hint: Any, origin: str) -> Any:
    """Hold a config file's value to the type and the bounds of its flag.

    Returns:
        The value; a single string is a list of one where the flag may be given several times.

    Raises:
        SpecError: it has another type, or lies outside of its bounds.
    """
    info, kind = get_args(hint)[1], _kind(hint)
    if get_origin(kind) is list:
        rows = [value] if type(value) is str else value
        if type(rows) is not list or any(type(part) is not str for part in rows):
            raise SpecError(f"{origin}: {key} must be a list of strings, got {value!r}")
        return rows
    if _is_confidential(kind):
        if type(value) is not str:
            raise SpecError(f"{origin}: {key} must be a string")
        return kind(value)
    is_number = type(value) in {int, float} and kind is float
    if not is_number and type(value) is not kind:
        raise SpecError(f"{origin}: {key} must be of type {kind.__name__}, got {value!r}")
    if kind in NUMBERS:
        try:
            NUMBERS[kind](str(value), key, info.min, info.max)
        except UsageError as error:
            raise SpecError(f"{origin}: {error}", hint=error.hint) from error
    return value


def strict(command: Callable[..., Any]) -> None:
    """Let a command read its numbers as config files have them read, with the same words."""
    signature = inspect.signature(command, eval_str=True)
    parameters = [
        parameter.replace(annotation=_strict(parameter))
        for parameter in signature.parameters.values()
    ]
    command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in parameters}


def _strict(parameter: inspect.Parameter) -> Any:
    hint = parameter.annotation
    if get_origin(hint) is not Annotated or (kind := _kind(hint)) not in NUMBERS:
        return hint
    plain, info = get_args(hint)[:2]
    if not isinstance(info, OptionInfo):
        return hint
    flag = next((one for one in info.param_decls or () if one.startswith("--")), None)
    flag = flag or f"--{parameter.name.replace('_', '-')}"
    low, high = info.min, info.max
    metavar = info.metavar or ("N" if low is None or high is None else f"{low:g}..{high:g}")

    def read(text: str) -> Any:
        return NUMBERS[kind](str(text), flag, low, high)

    given = {key: value for key, value in vars(info).items() if key not in {"min", "max"}}
    return Annotated[plain, OptionInfo(**given | {"parser": read, "metavar": metavar})]


def confidential(options: type[Any]) -> dict[str, type[Confidential]]:
    """The flags of a dataclass whose values are secrets in part, and what these are."""
    hints = get_type_hints(options, include_extras=True)
    kinds = {f"--{name.replace('_', '-')}": _kind(hint) for name, hint in hints.items()}
    return {flag: kind for flag, kind in kinds.items() if _is_confidential(kind)}


def _kind(hint: Any) -> Any:
    """The type of an option that has a value."""
    plain = get_args(hint)[0]
    kinds = get_args(plain) if get_origin(plain) in {Union, UnionType} else (plain,)
    return next(kind for kind in kinds if kind is not type(None))


def _is_confidential(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Confidential)


def one_of(value: str, allowed: type[Any] | tuple[str, ...], flag: str) -> str:
    """A value from a list.

    Raises:
        UsageError: it is not on the list.
    """
    choices = [str(choice) for choice in allowed]
    if value not in choices:
        raise UsageError(f"{flag} {value!r} is not known", hint=f"one of: {', '.join(choices)}")
    return value
