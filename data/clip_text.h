// What happens to a text before CLIP's byte-pair encoding, in the two forms that are in use.
#pragma once
#include "data/unicode.h"

namespace ceir {

// Hugging Face: NFC, runs of white space -> one space, lower case one character at a time.
CodePoints normalize_hf(const CodePoints& text);

// OpenAI's simple_tokenizer.py without ftfy: html.unescape twice, strip, runs of white space -> one space, strip,
// Python's str.lower() (a capital sigma at the end of a word becomes U+03C2).
CodePoints normalize_openai(const CodePoints& text);

}  // namespace ceir
