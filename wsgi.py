"""The WSGI entry point for another server than ours: `gunicorn wsgi:app`."""

import os

from cabinet.app import create_app
from cabinet.config import load, logs

logs.set_up()
app = create_app(load(os.environ))
