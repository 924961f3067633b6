"""What the numbers mean. Pure: frames in, frames out; the moment `as_of` is passed in."""
