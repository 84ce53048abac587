"""The child process that makes media: `python -m ci_mediagen.worker module:Class`.

It imports the standard library, `model`, `errors` and its one backend, and speaks `model.messages` with its parent.
"""
