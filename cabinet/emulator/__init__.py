"""A bank to practise with: the interfaces of three acquirers over real HTTP.

A process and a database of its own; it knows nothing of the portal but what providers
are told. `shops` says who may speak to it, `bank` keeps the money, `yookassa`,
`sberbank` and `tbank` are the interfaces, `pages` the page for cards, `sender` tells
what happened, `control` lets tests do harm. Sources: the providers' documentation.
"""
