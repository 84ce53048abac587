"""Fixtures that tests of any room may ask for."""

from tests.support.s3_server import s3_server

__all__ = ["s3_server"]
