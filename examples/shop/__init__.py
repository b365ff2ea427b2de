"""A tea shop: products, orders, pictures, a live feed. A small complete application.

Read ``application`` first: it puts the parts together. ``products`` and ``orders`` are the routes, ``schemas`` what they
take and give, ``models`` what the database keeps.
"""

from examples.shop.application import app, create_app

__all__ = ["app", "create_app"]
