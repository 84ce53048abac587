"""ci-mediagen: promo pictures and videos from a merged change or a release."""

__version__ = "0.1.0"
