"""Renders templates with python3-jinja2, one JSON request per line: the yardstick of the differential tests."""
import json
import shlex
import signal
import sys

import jinja2
import jinja2.sandbox
import yaml

FLAVOURS = {
    "lenient": jinja2.Undefined,
    "strict": jinja2.StrictUndefined,
    "chainable": jinja2.ChainableUndefined,
    "debug": jinja2.DebugUndefined,
}


class Slow(Exception):
    pass


def alarm(*_):
    raise Slow()


def decode(value):
    if isinstance(value, list):
        return [decode(item) for item in value]
    if isinstance(value, dict):
        if "$float" in value:
            return float(value["$float"])
        if "$int" in value:
            return int(value["$int"])
        if "$tuple" in value:
            return tuple(decode(item) for item in value["$tuple"])
        return {decode(key): decode(item) for key, item in value["$dict"]}
    return value


def guest_interface(arch, value=None):
    return value or ("ide" if arch in ("x86_64", "amd64", "i386", "x86") else "virtio")


def yaml_quote(value):
    text = yaml.dump(
        value, Dumper=yaml.CSafeDumper, default_style='"', default_flow_style=True, width=1 << 30, sort_keys=False
    )
    return text.strip()


def environment(options, templates):
    loader = jinja2.FunctionLoader(lambda name: (templates[name], name, lambda: True) if name in templates else None)
    env = jinja2.sandbox.SandboxedEnvironment(
        loader=loader,
        trim_blocks=options.get("trimBlocks", False),
        lstrip_blocks=options.get("lstripBlocks", False),
        keep_trailing_newline=options.get("keepTrailingNewline", False),
        autoescape=options.get("autoescape", False),
        undefined=FLAVOURS[options.get("undefinedKind", "lenient")],
        extensions=["jinja2.ext.do"],
        cache_size=0,
    )
    env.filters["shlex_quote"] = lambda value: shlex.quote(str(value))
    env.filters["yaml_quote"] = yaml_quote
    env.filters["qemu_guest_fs_interface"] = guest_interface
    return env


def place(error):
    found = (None, None)
    if isinstance(error, jinja2.TemplateSyntaxError):
        return error.name, error.lineno
    tb = error.__traceback__
    while tb is not None:
        if "__jinja_exception__" in tb.tb_frame.f_globals:
            found = (tb.tb_frame.f_code.co_filename, tb.tb_lineno)
        tb = tb.tb_next
    return found


shared = {}


def render(request):
    options = request.get("options", {})
    if "shared" in request:
        if "templates" in request:
            shared[request["shared"]] = environment(options, request["templates"])
            shared[request["shared"]].cache = jinja2.utils.LRUCache(1000)
        env = shared[request["shared"]]
    else:
        env = environment(options, request["templates"])
    context = {key: decode(value) for key, value in request.get("context", {}).items()}
    signal.alarm(3)
    try:
        text = env.get_template(request["name"]).render(context)
        result = {"text": text}
        if request.get("yaml"):
            try:
                result["data"] = yaml.load(text, Loader=yaml.CBaseLoader)
            except yaml.YAMLError as error:
                result["message"] = str(error)
        # Lone surrogates cannot leave Python.
        text.encode("utf-8")
        return result
    except Exception as error:
        template, line = place(error)
        return {"error": type(error).__name__, "message": str(error), "template": template, "line": line}
    finally:
        signal.alarm(0)


signal.signal(signal.SIGALRM, alarm)
import warnings

warnings.simplefilter("ignore")
for request_line in sys.stdin:
    try:
        answer = json.dumps(render(json.loads(request_line)))
    except Slow:
        answer = json.dumps({"error": "Slow", "message": "", "template": None, "line": None})
    except RecursionError:
        answer = json.dumps({"error": "RecursionError", "message": "", "template": None, "line": None})
    print(answer, flush=True)
