"""The metrics. Pure: frames in, frames out; the timestamp `as_of` is passed in."""
