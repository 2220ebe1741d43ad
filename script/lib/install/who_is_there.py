"""Tell whom and what the database knows: the same on both machines."""

import sqlite3
import sys

base = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
for query in (
    "SELECT code, name FROM branch",
    "SELECT email, role FROM user",
    "SELECT count(*) FROM rate",
):
    for row in base.execute(query):
        print(*row)
