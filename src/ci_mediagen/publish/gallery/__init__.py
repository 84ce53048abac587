"""The page that shows everything one run made: one HTML file that works from a disk, from S3 and on a phone."""

from ci_mediagen.publish.gallery.render import PageLinks, render_gallery

__all__ = ["PageLinks", "render_gallery"]
