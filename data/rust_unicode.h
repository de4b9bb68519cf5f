// What Hugging Face's tokenizers (0.23, in Rust) know of Unicode. Their crates are older than the tables of data/unicode.h,
// each by its own number of years; ids are equal only when what they have never heard of is treated as they treat it.
#pragma once
#include "data/unicode.h"

namespace ceir::rust {

bool is_letter(uint32_t c);            // \p{L} and \p{N} of the onig crate: Unicode 16
bool is_number(uint32_t c);
bool is_nonspacing_mark(uint32_t c);   // categories Mn and P* of the unicode_categories crate: Unicode 8
bool is_punctuation(uint32_t c);
bool is_other(uint32_t c);             // Cc, Cf and Co
CodePoints lower_each(const CodePoints& text);   // Rust's char::to_lowercase: Unicode 17
// Normal forms by the tables of Unicode 9: later marks and letters stay, and nothing is reordered or composed across them.
CodePoints nfc(const CodePoints& text);
CodePoints nfd(const CodePoints& text);

}  // namespace ceir::rust
