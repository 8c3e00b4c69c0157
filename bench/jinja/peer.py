"""python3-jinja2 and PyYAML's C loader on the same templates, CPU seconds on one line of JSON each phase."""
import json
import sys
import time

import jinja2.sandbox
import yaml

folder, rounds = sys.argv[1], int(sys.argv[2])
work = json.load(sys.stdin)


def environment():
    return jinja2.sandbox.SandboxedEnvironment(loader=jinja2.FileSystemLoader(folder), trim_blocks=True)


def cold():
    env = environment()
    for name in work["names"]:
        yaml.load(env.get_template(name).render(work["cold"]), Loader=yaml.CSafeLoader)


def warm(env, context, parse):
    for name in work["names"]:
        text = env.get_template(name).render(context)
        if parse:
            yaml.load(text, Loader=yaml.CSafeLoader)


def seconds(task):
    begin = time.process_time()
    task()
    return time.process_time() - begin


shared = environment()
shared.cache = jinja2.utils.LRUCache(1000)
warm(shared, work["contexts"][0], True)
out = {"cold": [], "warm": [], "render": []}
for i in range(rounds):
    context = work["contexts"][i]
    out["cold"].append(seconds(cold))
    out["warm"].append(seconds(lambda: warm(shared, context, True)))
    out["render"].append(seconds(lambda: warm(shared, context, False)))
print(json.dumps(out))
