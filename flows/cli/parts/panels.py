"""The headings under which `prflow --help` lists the commands."""

BEGIN = "Begin"
EVERY_DAY = "Every day"
NUMBERS = "Numbers"
WHAT_COUNTS = "What counts"
OPERATE = "Operate"
