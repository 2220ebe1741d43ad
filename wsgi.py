"""The WSGI entry point: `gunicorn wsgi:app`."""

from cabinet.app import create_app

app = create_app()
