"""Начисления in the back office: bill runs of branches that bill by themselves."""
