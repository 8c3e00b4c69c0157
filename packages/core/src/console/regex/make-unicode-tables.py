"""Writes unicode-tables.ts: what Python's own `re` takes for \\w, \\d, \\s and for "the same letter".

Run with the Python whose answers are to be matched: /usr/bin/python3 make-unicode-tables.py > unicode-tables.ts
"""
import sys, unicodedata, _sre
from re import _casefix

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

def b36(n):
    out = ""
    while True:
        out = DIGITS[n % 36] + out
        n //= 36
        if n == 0:
            return out

def ranges(test):
    out, start = [], None
    for cp in range(0x110001):
        inside = cp < 0x110000 and test(chr(cp))
        if inside and start is None:
            start = cp
        elif not inside and start is not None:
            out.append((start, cp - 1))
            start = None
    return out

def packed(rs):
    words, at = [], 0
    for lo, hi in rs:
        words += [b36(lo - at), b36(hi - lo)]
        at = hi
    return " ".join(words)

def lower_runs():
    """Runs (first, last, step, delta) of code points whose lower case is another one."""
    pairs = [(cp, _sre.unicode_tolower(cp)) for cp in range(0x110000) if _sre.unicode_tolower(cp) != cp]
    runs = []
    for cp, low in pairs:
        if runs:
            first, last, step, delta = runs[-1]
            gap = cp - last
            if low - cp == delta and (gap == step or (first == last and gap in (1, 2))):
                runs[-1] = (first, cp, gap, delta)
                continue
        runs.append((cp, cp, 1, low - cp))
    return runs

def emit(name, doc, value, quote=True):
    print(f"/** {doc} */")
    print(f"export const {name} =\n  {chr(34) + value + chr(34) if quote else value};")

print(f"// Made by make-unicode-tables.py from Python {sys.version.split()[0]} (Unicode {unicodedata.unidata_version}); do not edit.")
print("// Ranges are base 36: distance from the end of the one before, then length less one.\n")
emit("packedWord", "`\\w`: str.isalnum() or the underscore.", packed(ranges(lambda c: c.isalnum() or c == "_")))
emit("packedDigit", "`\\d`: str.isdecimal().", packed(ranges(lambda c: c.isdecimal())))
emit("packedSpace", "`\\s`: str.isspace().", packed(ranges(lambda c: c.isspace())))
runs = " ".join(f"{f:x}.{l:x}.{s:x}.{d:x}" for f, l, s, d in lower_runs())
emit("packedLower", "Simple lower case: runs first.last.step.difference in base 16.", runs)
extra = " ".join(f"{k:x}:" + ",".join(f"{v:x}" for v in vs) for k, vs in sorted(_casefix._EXTRA_CASES.items()))
emit("packedExtraCases", "Lower-case letters that `re` takes for one another (base 16).", extra)
