"""What is dear and always the same is made once a process, whatever the tests ask for.

Kept apart from the tests: processes that pay and are killed import this, and nothing of
pytest.
"""

from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule


class _Compiled(BytecodeCache):
    """Templates compiled once a process: every test has an application of its own."""

    def __init__(self):
        self.kept = {}

    def load_bytecode(self, bucket: Bucket):
        checksum, code = self.kept.get(bucket.key, (None, None))
        if checksum == bucket.checksum:
            bucket.code = code

    def dump_bytecode(self, bucket: Bucket):
        self.kept[bucket.key] = bucket.checksum, bucket.code


COMPILED = _Compiled()


def _compile_once(compile_builder):
    """Keep what writes a route's addresses: two thirds of making an application.

    It depends on the route's words alone; its converters are bound afterwards.
    """
    kept = {}

    def compiled(rule, append_unknown=True):
        words = (
            tuple(rule._trace),
            tuple(sorted((rule.defaults or {}).items())),
            append_unknown,
        )
        if words not in kept:
            kept[words] = compile_builder(rule, append_unknown)
        return kept[words]

    return compiled


Rule._compile_builder = _compile_once(Rule._compile_builder)
