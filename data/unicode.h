// What the tokenizers need of Unicode: classes of characters, lower case, canonical normal forms (Unicode Standard
// Annex 15). Code points are uint32_t; the tables are written by data/make_unicode_tables.py.
#pragma once
#include <cstdint>
#include <vector>

#include "data/unicode_tables.h"

namespace ceir {

using CodePoints = std::vector<uint32_t>;

UnicodeClass unicode_class(uint32_t c);
inline bool is_letter(uint32_t c) { return unicode_class(c) == UnicodeClass::letter; }  // \p{L}
inline bool is_number(uint32_t c) { return unicode_class(c) == UnicodeClass::number; }  // \p{N}
bool is_white_space(uint32_t c);   // the White_Space property: U+001C..U+001F and U+200B are not in it
bool is_python_space(uint32_t c);  // str.isspace() and \s of Python: White_Space and U+001C..U+001F

// One character at a time, whatever stands around it (no final-sigma rule). U+0130 alone becomes two.
void append_lower(CodePoints& out, uint32_t c);
CodePoints lower_each(const CodePoints& text);

CodePoints nfd(const CodePoints& text);
CodePoints nfc(const CodePoints& text);

}  // namespace ceir
