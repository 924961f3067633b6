"""Backups of the complete warehouse, independent of where catalog and data files lie.

A backup is a folder, or a zip file of one: `prflow-backup.json`, and every table of one snapshot as a Parquet file. It
holds no earlier snapshots. Restored, it makes a warehouse in any place: that is how data are moved, too.
"""
