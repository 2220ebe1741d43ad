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


#: What a route has after it is compiled, but for the two that write its address.
MADE = ("_parts", "_trace", "_converters", "arguments")


def _compile_once(compile_rule):
    """Keep what reads and writes a route's addresses: most of making an application.

    It depends on the route's words and on the kinds of parts the map knows.
    """
    kept = {}

    def compiled(rule):
        words = (
            (rule.rule, rule.host, rule.subdomain, rule.merge_slashes),
            tuple(sorted((rule.defaults or {}).items())),
            frozenset(rule.map.converters.items()),
        )
        if words not in kept:
            compile_rule(rule)
            made = {name: vars(rule)[name] for name in MADE}
            kept[words] = made, rule._build.__func__, rule._build_unknown.__func__
            return
        made, build, build_unknown = kept[words]
        vars(rule).update(made)
        rule._build = build.__get__(rule)
        rule._build_unknown = build_unknown.__get__(rule)

    return compiled


Rule.compile = _compile_once(Rule.compile)
