#!/usr/bin/env python3
"""Writes data/html_entities_table.cpp from Python's html.entities and str.lower(). Run by hand:
    python3 data/make_html_entities.py"""
import html.entities
import os

HERE = os.path.dirname(os.path.abspath(__file__))

names = sorted(html.entities.html5, key=lambda s: s.encode())
text = "".join(n + "\0" + html.entities.html5[n] + "\0" for n in names).encode()


def literal(b):
    """C++ string pieces; octal escapes always have three digits, so that a following digit is not swallowed."""
    return "".join(chr(x) if 32 <= x < 127 and chr(x) not in '"\\?' else "\\%03o" % x for x in b)


def sigma_class(c):
    """1 cased, 2 case-ignorable (Unicode Standard, definitions D135 and D136), found by what str.lower() does."""
    if (chr(c) + "\u03a3").lower()[-1] == "\u03c2":
        return 1
    return 2 if ("A" + chr(c) + "\u03a3").lower()[-1] == "\u03c2" else 0


ranges, before = [], 0
for c in range(0x110000):
    if 0xd800 <= c < 0xe000:
        continue
    if sigma_class(c) != before:
        before = sigma_class(c)
        ranges.append(c << 2 | before)

with open(os.path.join(HERE, "html_entities_table.cpp"), "w") as f:
    f.write("// Written by data/make_html_entities.py. Do not edit.\n#include \"data/html_entities_table.h\"\n\nnamespace ceir {\n\n")
    f.write("// name, zero byte, text, zero byte, ...; sorted by name\nconst char html_entity_text[] =\n")
    parts, line = [], b""
    for i in range(0, len(text), 110):
        parts.append('"%s"' % literal(text[i:i + 110]))
    f.write("\n".join(parts) + ";\nconst size_t html_entity_text_size = %d;\n\n" % len(text))
    f.write("// first code point << 2 | 1 cased, 2 case-ignorable, 0 neither; a range reaches to the next\nconst uint32_t sigma_ranges[] = {\n")
    for i in range(0, len(ranges), 16):
        f.write("".join("0x%x," % n for n in ranges[i:i + 16]) + "\n")
    f.write("};\nconst size_t sigma_ranges_size = %d;\n\n}  // namespace ceir\n" % len(ranges))
