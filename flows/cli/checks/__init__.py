"""The parts of `prflow doctor`: each looks, and changes nothing."""
