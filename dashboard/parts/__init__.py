"""What several pages draw: cards, tables, charts, the drawer."""
