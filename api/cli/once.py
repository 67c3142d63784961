"""Commands that refuse an option given twice, where all but its last value would go unheeded."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand


class OnceCommand(TyperCommand):
    """A command whose options are given once, but those that make a list and those without a value."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not ctx.resilient_parsing:  # while a shell completes a line, nothing is refused
            given: list[Any] = self.make_parser(ctx).parse_args(args=list(args))[2]
            for option in given:
                if _takes_one_value(option) and given.count(option) > 1:
                    raise typer.BadParameter("takes one value and was given several", ctx=ctx, param=option)
        return super().parse_args(ctx, args)


def _takes_one_value(parameter: Any) -> bool:
    return parameter.param_type_name == "option" and not (parameter.multiple or parameter.is_flag)
