"""What LAVA's dispatcher does with console text, in python3-pexpect: expect in a window of 4092/8184, one YAML record a line."""
import datetime, json, os, re, sys, time
import pexpect.fdpexpect, yaml

patterns, path, out_path = json.loads(sys.argv[1]), sys.argv[2], sys.argv[3]

class Journal:
    def __init__(self, out):
        self.out, self.line, self.lines = out, "", 0

    def write(self, text):
        self.line += text
        lines = re.split("\r\r\n|\r\n|\n", self.line)
        self.line = lines.pop()
        for line in lines:
            record = {"dt": datetime.datetime.now(datetime.timezone.utc).isoformat(), "lvl": "target", "msg": line.replace("\x1b", "")}
            dumped = yaml.dump(record, Dumper=yaml.CDumper, default_flow_style=True, default_style='"', width=10**6, sort_keys=False)
            self.out.write("- " + dumped)
            self.lines += 1

    def flush(self):
        pass

source = os.popen("cat '%s'" % path)
began, cpu = time.monotonic(), time.process_time()
with open(out_path, "w") as out:
    child = pexpect.fdpexpect.fdspawn(source.fileno(), maxread=4092, searchwindowsize=8184, encoding="utf-8", codec_errors="replace", timeout=60)
    journal = child.logfile_read = Journal(out)
    compiled = child.compile_pattern_list(patterns) + [pexpect.EOF]
    matches = 0
    while child.expect_list(compiled) < len(patterns):
        matches += 1
print(json.dumps({"seconds": time.monotonic() - began, "cpu": time.process_time() - cpu, "matches": matches, "lines": journal.lines}))
