"""What an empty shop begins with."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from examples.shop.database import Database
from examples.shop.models import Category, Product

PRODUCTS = (
    ("Jakseol green tea", "First leaves from Hadong, picked in April. 50 g.", Category.TEA, 28_000, 40),
    ("Yuja tea", "Citron preserved in honey. 500 g.", Category.TEA, 12_000, 80),
    ("Omija tea", "The berry of five tastes, dried. 100 g.", Category.TEA, 15_000, 25),
    ("Roasted barley tea", "Drunk cold in summer and hot in winter. 300 g.", Category.TEA, 6_000, 120),
    ("Celadon cup", "Jade green, with inlaid cranes.", Category.POTTERY, 34_000, 18),
    ("Buncheong bowl", "White slip brushed over grey clay.", Category.POTTERY, 42_000, 9),
    ("Moon jar", "White porcelain, not quite round, as it should be.", Category.POTTERY, 380_000, 1),
    ("Onggi jar", "Breathing earthenware. 5 litres.", Category.POTTERY, 55_000, 0),
    ("Soban", "A low table for one guest, walnut.", Category.TABLE, 160_000, 4),
    ("Brass spoon and chopsticks", "Hand-hammered bangjja.", Category.TABLE, 48_000, 30),
)


def seed(database: Database) -> None:
    with database.sessions() as session:
        if session.scalar(select(func.count()).select_from(Product)):
            return
        for name, description, category, price, stock in PRODUCTS:
            session.add(Product(name=name, description=description, category=category, price=price, stock=stock))
        try:
            session.commit()
        except IntegrityError:  # another worker, starting at the same moment, was first
            session.rollback()
