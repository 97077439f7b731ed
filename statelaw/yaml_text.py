"""A law document as the text of a YAML file, laid out like the files as shipped; it reads back as the same document."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import yaml

_NUMBERS = {"min", "max", "years"}
_DAYS = {"from", "to", "reviewed", "sales_from", "sales_to", "loans_from", "loans_to"}
#: Mappings that stand on one line, as far as the line reaches.
_INLINE = {"when", "unless", "in_force", "within", "ask_within", "route", "sources", "redemption", "choices"}


class _Inline(dict[str, Any]):
    pass


class _InlineList(list[Any]):
    pass


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


_Dumper.add_representer(_Inline, lambda d, v: d.represent_mapping("tag:yaml.org,2002:map", v.items(), flow_style=True))
_Dumper.add_representer(_InlineList, lambda d, v: d.represent_sequence("tag:yaml.org,2002:seq", v, flow_style=True))
_Dumper.add_representer(Decimal, lambda d, v: d.represent_scalar("tag:yaml.org,2002:float", format(v, "f")))


def to_yaml(data: Mapping[str, Any]) -> str:
    """The YAML text of a document's plain data. Comments of an earlier file are not in the data, so not in the text."""
    return yaml.dump(_written(data), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=118)


def _written(value: Any, key: str = "", inline: bool = False) -> Any:
    if isinstance(value, Mapping):
        found = {k: _written(v, k, inline or k in _INLINE) for k, v in value.items()}
        return _Inline(found) if inline and key != "" else found
    if isinstance(value, list | tuple):
        items = [_written(item, key, inline) for item in value]
        scalars = all(isinstance(item, str | bool | int) for item in items)
        short = scalars and key not in ("caveats", "gaps")
        return _InlineList(items) if short else items
    if isinstance(value, str) and key in _NUMBERS:
        number = Decimal(value)
        return int(number) if number == number.to_integral_value() else number
    if isinstance(value, str) and key in _DAYS:
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return value
