"""Checks of what a caller hands to the writer, against the schema table."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from raysim.shards.schema import CONVENTIONS, FORMAT_VERSION, OFFSETS, Entry, Schema

Sizes = dict[str, int]  # symbol of a shape -> its size in this file


def constant_entries(schema: Schema) -> tuple[Entry, ...]:
    """Entries that are written once."""
    return tuple(e for e in schema if not (e.per_frame or e.offsets or e.is_offsets))


def frame_entries(schema: Schema) -> tuple[Entry, ...]:
    """Entries of which every frame brings a part: a first axis of frames, or ragged."""
    return tuple(e for e in schema if e.per_frame or e.offsets)


def checked_arrays(values: Mapping[str, Any], entries: Iterable[Entry], sizes: Sizes) -> dict[str, np.ndarray]:
    """Arrays of the right type and shape for `entries`, in the order of the table.

    Parameters
    ----------
    values : mapping of str to array_like
        By name; per-frame entries without their frame axis.
    entries : iterable of Entry
    sizes : dict
        Sizes seen so far; new symbols are added, so that later calls must agree. Ragged symbols are bound for
        the time of this call only.

    Raises
    ------
    ValueError
        A name is missing or unknown, a type would lose information, or a shape disagrees.
    """
    entries = tuple(entries)
    names = {entry.name for entry in entries}
    if unknown := sorted(values.keys() - names):
        raise ValueError(f"{unknown[0]}: no such entry here, expected one of {', '.join(sorted(names))}")
    missing = [e.name for e in entries if e.name not in values and not e.optional]
    if missing:
        raise ValueError(f"{missing[0]}: missing" + (f", and {len(missing) - 1} more" if missing[1:] else ""))
    bound = {symbol: size for symbol, size in sizes.items() if symbol not in OFFSETS}
    arrays = {e.name: _checked_array(e, values[e.name], bound) for e in entries if e.name in values}
    sizes.update((symbol, size) for symbol, size in bound.items() if symbol not in OFFSETS)
    return arrays


def _checked_array(entry: Entry, value: Any, bound: Sizes) -> np.ndarray:
    if entry.dtype == "str":
        array = np.array([str(text) for text in value], object)
    else:
        array = np.asarray(value)
        typed = isinstance(value, np.ndarray | np.generic)  # a list of numbers has no precision of its own
        if not np.can_cast(array.dtype, entry.dtype, "safe" if typed else "same_kind"):
            raise ValueError(f"{entry.name}: expected {entry.dtype}, got {array.dtype}")
    shape = entry.shape[1:] if entry.per_frame else entry.shape
    sizes = dict(bound)
    agrees = array.ndim == len(shape) and all(
        size == (sizes.setdefault(axis, size) if isinstance(axis, str) else axis)
        for axis, size in zip(shape, array.shape, strict=True)
    )
    if not agrees:
        wanted = ", ".join(f"{a}={bound[a]}" if a in bound else str(a) for a in shape)  # type: ignore[index]
        raise ValueError(f"{entry.name}: expected shape ({wanted}), got {array.shape}")
    bound.update(sizes)
    return array if entry.dtype == "str" else np.ascontiguousarray(array, entry.dtype).reshape(array.shape)


def checked_attributes(schema: Schema, given: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes of the file: the writer's own, those of the table, then any others, sorted.

    Raises
    ------
    ValueError
        A name is missing or the writer's own, or a value has the wrong type.
    """
    from raysim.scene import CATEGORIES  # brings numba, slow to import: readers never come here

    attributes: dict[str, Any] = {
        "format": schema.format,
        "format_version": FORMAT_VERSION,
        "conventions": CONVENTIONS,
        "categories": list(CATEGORIES),
    }
    if own := sorted(attributes.keys() & given.keys()):
        raise ValueError(f"attribute {own[0]} is set by the writer")
    for attribute in schema.attributes:
        if attribute.name in given:
            attributes[attribute.name] = _checked_attribute(attribute.name, given[attribute.name], (attribute.type,))
        elif not attribute.optional:
            raise ValueError(f"attribute {attribute.name}: missing; {attribute.description}")
    for name in sorted(given.keys() - attributes.keys()):
        attributes[name] = _checked_attribute(name, given[name], (str, int, float, list))
    return attributes


def _checked_attribute(name: str, value: Any, allowed: tuple[type, ...]) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    if float in allowed and type(value) is int:
        value = float(value) if int not in allowed else value
    is_list_of_str = isinstance(value, list) and all(isinstance(item, str) for item in value)
    if type(value) not in allowed or (isinstance(value, list) and not is_list_of_str):
        wanted = " or ".join("list of str" if kind is list else kind.__name__ for kind in allowed)
        raise ValueError(f"attribute {name}: expected {wanted}, got {value!r:.60}")
    return value
