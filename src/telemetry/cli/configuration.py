"""`parkwatt check`: what the configuration comes to."""

import typer
from rich.table import Table

from telemetry.cli.terminal import out, plain
from telemetry.settings.environment import read_environment
from telemetry.settings.plan import Plan, load_plan

commands = typer.Typer()


@commands.command()
def check() -> None:
    """Print the resolved plan, or every mistake as file, key, reason (exit 2)."""
    _print_plan(load_plan(read_environment().config_dir))


def _print_plan(plan: Plan) -> None:
    devices, factors, tariffs = map(len, (plan.library.devices, plan.library.factors, plan.library.tariffs))
    out.print(f"Library: {devices} device templates, {factors} factors, {tariffs} tariffs")
    if plan.site is None:
        out.print("Site: none. Write one in sites/ of your configuration folder; the README shows how.")
        return
    site = plan.site
    out.print(f"Site: {site.code}, {site.name.en} {site.name.zh}, {site.zone}, region {site.region}")
    out.print(f"File: {plan.site_file}")
    out.print(_meters(plan))
    out.print(_rules(plan))
    if any(_unconfirmed(plan, meter.device) for meter in site.meters):
        out.print("* No source confirms its map: compare the first readings with the meter's display.")


def _rules(plan: Plan) -> Table:
    table = plain("alert rule", "kind", "severity", "holds")
    for rule in plan.rules:
        since, to = (str(day or "") for day in (rule.since, rule.to))
        holds = f"{since} to {to}".strip() if since or to else "always"
        table.add_row(rule.code, rule.kind, rule.severity, holds if rule.active else "switched off")
    return table


def _unconfirmed(plan: Plan, device: str | None) -> bool:
    return device is not None and not plan.library.devices[device].verified


def _template(plan: Plan, device: str | None) -> str:
    return f"{device or 'catalogue names'}{' *' if _unconfirmed(plan, device) else ''}"


def _meters(plan: Plan) -> Table:
    table = plain("meter", "source", "address", "template", "area", "role", "multiplier")
    for meter in plan.site.meters if plan.site else ():
        address = str(meter.address if meter.address is not None else meter.code)
        read = (meter.source, address, _template(plan, meter.device))
        table.add_row(
            meter.code,
            *(read if not meter.formula else ("reckoned", "", "; ".join(meter.formula.values()))),
            meter.area,
            meter.role,
            f"{meter.multiplier:g}",
        )
    return table
