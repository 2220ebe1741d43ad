"""Open the portal as a browser would, through the web server and its certificate."""

import re
import sys
import urllib.request

site = sys.argv[1]
for path in ("/healthz", "/readyz", "/login"):
    with urllib.request.urlopen(site + path, timeout=10) as answer:
        text = answer.read().decode()
        title = re.search(r"<title>(.*?)</title>", text)
        told = title[1] if title else text.strip()
        print(answer.status, site + path, told)
        kept = answer.headers["Strict-Transport-Security"]
print("Strict-Transport-Security:", kept)
