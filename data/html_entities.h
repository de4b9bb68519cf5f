// Two of Python's string functions that OpenAI's tokenizer calls.
#pragma once
#include "data/unicode.h"

namespace ceir {

// html.unescape: "&amp;" -> "&", "&#233;" -> "é", by the rules of HTML 5 (WHATWG, section 13.2.5.72 to 13.2.5.80).
CodePoints html_unescape(const CodePoints& text);

// str.lower() of Python 3.11 to 3.13: lower case with the final-sigma rule of the Unicode Standard, section 3.13.
CodePoints python_lower(const CodePoints& text);

}  // namespace ceir
