"""The demonstration: invented people over the sample registry."""

from cabinet.services.demo.cards import CARDS, DemoCard
from cabinet.services.demo.load import load_demo
from cabinet.services.demo.people import PASSWORD, PEOPLE, DemoPerson

__all__ = ["CARDS", "PASSWORD", "PEOPLE", "DemoCard", "DemoPerson", "load_demo"]
