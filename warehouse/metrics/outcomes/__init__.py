"""How pull requests ended: merged by whom and how, landed by a bot, reverted, or left out of the numbers and why."""
