#!/usr/bin/env python3
"""Writes data/unicode_tables.cpp and data/unicode_decompositions.cpp from Python's unicodedata (or unicodedata2, whose
version can be chosen: pip install unicodedata2==16.0.0). Run by hand when a newer Unicode is wanted:
    python3 data/make_unicode_tables.py"""
import os
try:
    import unicodedata2 as ud
except ImportError:
    import unicodedata as ud

HERE = os.path.dirname(os.path.abspath(__file__))
LAST = 0x110000
HEAD = ("// Written by data/make_unicode_tables.py from Unicode %s; data/unicode.h explains. Do not edit.\n"
        '#include "data/unicode_tables.h"\n\nnamespace ceir {\n\n' % ud.unidata_version)


def array(kind, name, numbers, comment, per_line):
    out = ["// %s" % comment, "const %s %s[] = {" % (kind, name)]
    for i in range(0, len(numbers), per_line):
        out.append("".join("0x%x," % n for n in numbers[i:i + per_line]))
    out.append("};")
    out.append("const size_t %s_size = %d;\n" % (name, len(numbers)))
    return "\n".join(out) + "\n"


def unicode_class(c):  # enum UnicodeClass of unicode_tables.h
    category = ud.category(chr(c))
    if category[0] in "LNP":
        return {"L": 1, "N": 2, "P": 3}[category[0]]
    return {"Mn": 4, "Cc": 5, "Cf": 6, "Co": 7}.get(category, 0)


ranges, before = [], None
for c in range(LAST):
    k = unicode_class(c)
    if k != before:
        ranges.append(c << 4 | k)
        before = k

def lower_case(c):
    """str.lower() knows the Unicode of this Python only; for letters newer than that the names tell."""
    s = chr(c).lower()
    if s == chr(c) and ud.category(s) == "Lu" and "CAPITAL LETTER" in ud.name(s, ""):
        try:
            return ud.lookup(ud.name(s).replace("CAPITAL LETTER", "SMALL LETTER"))
        except KeyError:
            pass
    return s


lower = [c << 21 | ord(lower_case(c)) for c in range(LAST) if lower_case(c) != chr(c) and len(lower_case(c)) == 1]

combining, before = [], 0
for c in range(LAST):
    k = ud.combining(chr(c))
    if k != before:
        combining.append(c << 8 | k)
        before = k

decompositions = []
for c in range(LAST):
    d = ud.decomposition(chr(c))
    if not d or d.startswith("<") or 0xac00 <= c < 0xd7a4:  # Hangul syllables: by arithmetic in unicode.cpp
        continue
    parts = [int(x, 16) for x in d.split()]
    first, second = parts[0], parts[1] if len(parts) == 2 else 0
    # Composes back? Excluded characters and singletons do not; unicodedata knows (NFC of the pair).
    composes = second and ud.normalize("NFC", chr(first) + chr(second)) == chr(c)
    decompositions.append((0 if composes else 1) << 63 | c << 42 | first << 21 | second)

with open(os.path.join(HERE, "unicode_tables.cpp"), "w") as f:
    f.write(HEAD)
    f.write(array("uint32_t", "unicode_class_ranges", ranges, "first code point << 4 | UnicodeClass; a range reaches to the next", 16))
    f.write(array("uint64_t", "unicode_lower", lower, "code point << 21 | its lower case, where that is one other code point", 10))
    f.write(array("uint32_t", "unicode_combining_ranges", combining, "first code point << 8 | canonical combining class", 16))
    f.write("}  // namespace ceir\n")
with open(os.path.join(HERE, "unicode_decompositions.cpp"), "w") as f:
    f.write(HEAD)
    f.write(array("uint64_t", "unicode_decompositions", decompositions,
                  "composes not << 63 | code point << 42 | first << 21 | second (0: none), canonical, one step", 8))
    f.write("}  // namespace ceir\n")
