"""What is worked out of a scene once: kept with it, and handed on to the same scene seen by other sensors."""

from collections.abc import Callable
from dataclasses import fields, replace
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from raysim.scene import Scene, SceneFrame
from raysim.sensors import Sensors

_KEPT = "findings"  # beside a scene's cached properties
_Arguments = ParamSpec("_Arguments")
_Found = TypeVar("_Found")


def once_a_scene(
    function: Callable[Concatenate[Scene, _Arguments], _Found],
) -> Callable[Concatenate[Scene, _Arguments], _Found]:
    """Let a function of a scene, whatever its sensors, keep what it returns with the scene."""

    @wraps(function)
    def found(scene: Scene, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Found:
        kept = vars(scene).setdefault(_KEPT, {})
        key = function, args, tuple(kwargs.items())
        if key not in kept:
            kept[key] = function(scene, *args, **kwargs)
        result: _Found = kept[key]
        return result

    return found


def with_sensors(scene: Scene, sensors: Sensors) -> Scene:
    """Return the scene seen by other sensors; what was found of its geometry goes along."""
    vars(scene).setdefault(_KEPT, {})
    return _with_cached(replace(scene, sensors=sensors), scene)


def frame_with_sensors(frame: SceneFrame, sensors: Sensors) -> SceneFrame:
    """Return the frame seen by other sensors; what was found of its geometry goes along."""
    return _with_cached(SceneFrame(with_sensors(frame.scene, sensors), frame.index), frame)


def _with_cached(new: Any, old: Any) -> Any:
    """Give a copy of a frozen dataclass the cached properties of the original."""
    given = {field.name for field in fields(old)}
    vars(new).update({name: value for name, value in vars(old).items() if name not in given})
    return new
