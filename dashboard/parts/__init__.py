"""The parts that several pages share: cards, tables, charts, the drawer."""
