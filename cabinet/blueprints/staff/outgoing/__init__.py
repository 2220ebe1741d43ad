"""Выгрузки: files for billing systems, banks and accounting."""
