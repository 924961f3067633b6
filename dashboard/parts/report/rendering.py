"""The HTML of a report. Its policy forbids everything but its own styles, whatever a title holds."""

from jinja2 import Environment, StrictUndefined

from dashboard.parts.report.report import Report

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
STYLE = """
body { font: 14px/1.5 system-ui, sans-serif; color: #111827; background: #fff; max-width: 900px; margin: 32px auto;
  padding: 0 16px; color-scheme: light; }
h1 { margin: 0; } h2 { margin: 32px 0 8px; font-size: 17px; }
.note { color: #4b5563; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 12px; }
.card { border: 1px solid #d1d5db; border-radius: 8px; padding: 12px; } .value { font-size: 24px; font-weight: 600; }
svg { width: 100%; height: auto; } svg text { font: 11px system-ui, sans-serif; fill: #4b5563; }
table { border-collapse: collapse; width: 100%; font-size: 12px; overflow-wrap: anywhere; }
th, td { text-align: left; padding: 3px 8px 3px 0; border-bottom: 1px solid #e5e7eb; vertical-align: top; }
@media print { body { margin: 0; max-width: none; } .card, svg, tr { break-inside: avoid; } h2 { break-after: avoid; } }
"""
TEMPLATE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{{ policy }}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ report.team }}: pull requests, {{ report.period }}</title>
<style>{{ style | safe }}</style>
</head>
<body>
{%- macro table(of) %}
<table>
<thead><tr>{% for name in of.header %}<th scope="col">{{ name }}</th>{% endfor %}</tr></thead>
<tbody>
{%- for row in of.rows %}
<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{%- endfor %}
</tbody>
</table>
{%- endmacro %}
<h1>{{ report.team }}</h1>
<p class="note">{{ report.period }} · data as of {{ report.as_of }}
{%- if report.is_simulated %} · simulated pull requests{% endif %}</p>
<div class="cards">
{%- for card in report.cards %}
<div class="card"><div>{{ card.title }}</div><div class="value">{{ card.value }}</div>
<div>{{ 'no change' if card.delta_text == 0 else card.delta_text or '' }} {{ card.delta_note }}</div>
<div class="note">{{ card.basis }}</div></div>
{%- endfor %}
</div>
{%- if report.findings %}
<h2>What changed</h2>
<ul>{% for text in report.findings %}<li>{{ text }}</li>{% endfor %}</ul>
{%- endif %}
{%- if report.week %}
<h2>The last complete week</h2>
<ul>{% for text in report.week %}<li>{{ text }}</li>{% endfor %}</ul>
{%- endif %}
{%- for chart in report.charts %}
<h2>{{ chart.title }}</h2>
{{ chart.picture }}
{{- table(chart.table) }}
{%- endfor %}
<h2>Needs attention</h2>
{%- if report.waiting.rows %}{{ table(report.waiting) }}{% else %}<p>No open pull request is waiting.</p>{% endif %}
<h2>What the numbers mean</h2>
<dl>{% for title, text in report.definitions %}<dt><b>{{ title }}</b></dt><dd>{{ text }}</dd>{% endfor %}</dl>
<p class="note">n is how many pull requests a number rests on; beside it stands its 95 % interval. Made by prflow.</p>
</body>
</html>
"""


def render(report: Report) -> str:
    """Return the file as text. Whatever people wrote is escaped."""
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    return environment.from_string(TEMPLATE).render(report=report, policy=POLICY, style=STYLE)
