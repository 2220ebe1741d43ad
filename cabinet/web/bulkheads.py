"""Which requests are dear work, and the place each takes until its answer is over."""

from contextlib import ExitStack

from flask import Flask, Response, g, request

from cabinet.services import room
from cabinet.services.bulkheads import DOCUMENTS, FILES, REPORTS, TABLES, Bulkhead

#: A form that is longer brings a file: it may take long to come, and it takes room.
FILE_BYTES = 64 * 1024

#: Whose pages are dear, whatever their address ends with; and tables without an ending.
_BY_SECTION = {"staff_reports": REPORTS}
_BY_ENDPOINT = {"staff_loads.faults": TABLES}
_BY_ENDING = {"pdf": DOCUMENTS, "csv": TABLES, "xlsx": TABLES, "xml": TABLES}


def register(app: Flask) -> None:
    """Let dear requests take a place before anything else is done for them."""
    app.before_request(_take_place)
    app.after_request(_keep_for_pieces)
    app.teardown_request(_give_back)


def brings_file() -> bool:
    """Tell whether the request is a form with a file in it, which is not read yet."""
    length = request.content_length
    is_form = request.mimetype == "multipart/form-data"
    return is_form and (length is None or length > FILE_BYTES)


def _take_place() -> None:
    """Raise BusyError where there is none, NoRoomError for a file when the disk is full."""
    bulkhead = _bulkhead()
    if bulkhead is FILES:
        room.refuse_files()
    if bulkhead is not None:
        g.place = ExitStack()
        g.place.enter_context(bulkhead.place())


def _bulkhead() -> Bulkhead | None:
    if brings_file():
        return FILES
    _, _, ending = request.path.rpartition(".")
    return (
        _BY_SECTION.get(request.blueprint or "")
        or _BY_ENDPOINT.get(request.endpoint or "")
        or _BY_ENDING.get(ending)
    )


def _keep_for_pieces(response: Response) -> Response:
    """Keep the place of an answer that is streamed until its last piece, or its end."""
    if response.is_streamed and "place" in g:
        response.call_on_close(g.pop("place").close)
    return response


def _give_back(_error: BaseException | None) -> None:
    place = g.pop("place", None)
    if place is not None:
        place.close()
