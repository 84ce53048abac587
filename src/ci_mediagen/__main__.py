"""`python -m ci_mediagen` is `ci-mediagen`."""

from ci_mediagen.cli.main import main

main()
