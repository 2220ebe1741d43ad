"""The WSGI entry point for another server than ours: `gunicorn wsgi:app`."""

import os

from cabinet.app import create_app
from cabinet.config import load, logs
from cabinet.web import counting

settings = load(os.environ)
logs.set_up(settings.watch.log)
counting.share(settings.home)
app = create_app(settings)
