#!/usr/bin/env bash
# What action.yml runs: finds a Python that is new enough and hands over to action.py, away from the job's PYTHON* settings.
set -euo pipefail
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

if ! python=$("$tools/find-python" "${MEDIAGEN_INPUT_PYTHON:-}"); then
    echo "::error title=ci-mediagen::No Python 3.11 or later was found. Add actions/setup-python before this step."
    exit 2
fi
exec "$python" -I "$tools/action.py"
