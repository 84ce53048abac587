"""Makes the virtual environment DIR, or leaves it where it is sound. Says in one line what is missing if it cannot.

Usage: make_venv.py [--without-pip] DIR

Used by the Makefile and by the action. Runs under any Python 3.6 or later, so that an old one gets a message and no traceback.
"""

import importlib.util
import os
import subprocess
import sys

OLDEST = (3, 11)


def problem(with_pip):
    """Why this Python cannot make a virtual environment of ours; empty if it can."""
    version = ".".join(str(number) for number in sys.version_info[:3])
    if sys.version_info < OLDEST:
        return f"{sys.executable} is Python {version}; ci-mediagen needs 3.11 or later (`make PYTHON=python3.12 ...`)."
    if not all(importlib.util.find_spec(name) for name in (["venv", "ensurepip"] if with_pip else ["venv"])):
        package = "python{}.{}-venv".format(*sys.version_info[:2])
        return (
            f"{sys.executable} has no ensurepip, so it cannot make a virtual environment with pip."
            f" Install it (Debian and Ubuntu: `apt-get install python3-venv`, or `{package}`), then run this again."
        )
    return ""


def sound(folder, with_pip):
    """Whether there is an environment of this very Python, with a pip that starts."""
    wanted = f"{os.path.realpath(sys.executable)} {sys.version}"
    ask = "import os, sys{}; print(os.path.realpath(sys.executable), sys.version)".format(", pip" if with_pip else "")
    try:
        answer = subprocess.run(
            [f"{folder}/bin/python", "-I", "-c", ask],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and answer.stdout.decode().strip() == wanted


def main(arguments):
    with_pip = arguments[:1] != ["--without-pip"]
    folders = arguments if with_pip else arguments[1:]
    if len(folders) != 1:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    (folder,) = folders
    trouble = problem(with_pip)
    if trouble:
        sys.stderr.write(f"Error: {trouble}\n")
        return 2
    if sound(folder, with_pip):
        return 0
    import venv

    try:
        venv.EnvBuilder(with_pip=with_pip, clear=True, symlinks=True).create(folder)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"Error: the virtual environment {folder} could not be made with {sys.executable}: {error}\n")
        return 75
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
