"""`prflow llm check`: call the configured model once and explain the result."""

import asyncio
from dataclasses import asdict
from typing import Any

import typer

from flows.cli.parts.home import real_home
from flows.cli.parts.terminal import Terminal, marked, print_json
from tasks.clock import seconds
from tasks.llm.provider.headers import RateLimitState
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.run.model_check import ModelCheck, check_model
from warehouse.guard.untrusted import one_line


def check(as_json: bool) -> None:
    """Call the model once; exit code 1 if it cannot be used."""
    settings = LlmSettings()
    found = asyncio.run(check_model(settings, real_home(), clock=seconds, sleep=asyncio.sleep))
    if as_json:
        print_json({"is_well": found.is_usable, **asdict(found)})
    elif found.is_usable:
        draw(Terminal(soft_wrap=True), found, settings)
    else:
        console = Terminal(stderr=True, soft_wrap=True)
        console.print(f"[red]✗[/] {marked(found.message)}", markup=True)
        if found.base_url:
            console.print(f"  Asked: {one_line(found.model)} at {one_line(found.base_url)}")
        console.print(found.hint)
    if not found.is_usable:
        raise typer.Exit(1)


def draw(console: Terminal, found: ModelCheck, settings: LlmSettings) -> None:
    console.print(f"[green]✓[/] {marked(found.message)}", markup=True)
    for name, value in rows(found, settings).items():
        console.print(f"  {name:<16} {one_line(value)}")
    if found.warning:
        console.print(f"[yellow]![/] {marked(found.warning)}", markup=True)


def rows(found: ModelCheck, settings: LlmSettings) -> dict[str, str]:
    price, usage = found.price, found.usage
    return {
        "Model": f"{found.answered_as or found.model} ({found.provider}, {found.base_url})",
        "Response": f"{found.latency_ms} ms, JSON by {found.answer_format}",
        "Tokens": f"{usage.prompt_tokens:,} sent, {usage.completion_tokens:,} received",
        "Price": f"{price.prompt:g} and {price.completion:g} USD per million tokens sent and received"
        if price
        else "unknown: set PRFLOW_LLM_PRICE_PROMPT_USD and PRFLOW_LLM_PRICE_COMPLETION_USD to see costs",
        "Our limits": _ours(settings),
        "Its limits": _its(found.requests_left, found.tokens_left),
    }


def _ours(settings: LlmSettings) -> str:
    limits: dict[str, Any] = {
        "requests a minute": settings.rpm,
        "tokens a minute": settings.tpm,
        "requests a day": settings.rpd,
        "tokens a day": settings.tpd,
    }
    return ", ".join(f"{value:,} {name}" for name, value in limits.items() if value)


def _its(requests: RateLimitState | None, tokens: RateLimitState | None) -> str:
    said = [
        f"{left.remaining:,} of {left.limit:,} {name} left" if left.limit else f"{left.remaining:,} {name} left"
        for left, name in ((requests, "requests"), (tokens, "tokens"))
        if left
    ]
    return ", ".join(said) or "none in its headers"
