"""One measured figure of the signal processing."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """What, how much, what it must keep to."""

    case: str
    measured: str
    bar: str
    holds: bool
