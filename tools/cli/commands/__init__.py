"""One module per command of `autolend`, named as the command (`_` for `-`).

Each has a docstring (the help), `add_arguments(parser)` and `run(root, options) -> exit status`.
What a command needs beyond the standard library it imports in `run`: `autolend doctor` must work
where the rest cannot be imported, and `autolend calc` must start quickly.
"""
