"""docs/configuration.md from the models: ``python -m raysim.app.config_page > docs/configuration.md``."""

from collections.abc import Iterator

from pydantic import BaseModel

from blender_scenes.scenarios import SCENARIOS
from raysim.app.config import Config, resolve

_INTRODUCTION = """# Configuration

One YAML file, given with `--config`; it may hold only what differs from the defaults. The files in `configs/` show
every default. A few fields have a command-line option, which wins over the file. The resolved configuration is stored
in every shard (attribute `config`). Names without a unit suffix are SI.

This page is made from the models: `python -m raysim.app.config_page > docs/configuration.md`.
"""


def page() -> str:
    """Return the page as Markdown."""
    parts = [_INTRODUCTION]
    for scenario in sorted(SCENARIOS):
        config = resolve(scenario, None, {})
        parts += _section(f"scene: scenario {scenario}", config.scene, "")
    for name in Config.model_fields:
        value = getattr(config, name)
        if isinstance(value, BaseModel) and name != "scene":
            parts += _section(name, value, "")
    return "\n".join(parts)


def _section(title: str, model: BaseModel, prefix: str) -> Iterator[str]:
    yield f"\n## {title}\n\n| field | default | meaning |\n|---|---|---|"
    yield from _rows(model, prefix)


def _rows(model: BaseModel, prefix: str) -> Iterator[str]:
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _rows(value, f"{prefix}{name}.")
            continue
        meaning = (field.description or "").replace("|", "\\|")
        shown = ", ".join(map(str, value)) if isinstance(value, tuple) else value
        yield f"| `{prefix}{name}` | {shown} | {meaning} |"


if __name__ == "__main__":
    print(page())
