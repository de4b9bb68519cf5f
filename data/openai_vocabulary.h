// The vocabulary as OpenAI's code ships it: bpe_simple_vocab_16e6.txt.gz, a list of merges from which the tokens follow.
#pragma once
#include <string>

#include "data/tokenizer.h"

namespace ceir {

// By its name: "...bpe_simple_vocab_16e6.txt", ".gz" or not.
bool is_openai_vocabulary(const std::string& path);

// The same tokenizer as vocab.json, merges.txt and tokenizer_config.json: what open_tokenizer reads. As openai's
// simple_tokenizer.py: 256 bytes, the same at the end of a word, 48894 merges, start and end. Throws Error(bad_input): not
// readable, damaged, a line that is no merge.
TokenizerFiles openai_vocabulary(const std::string& path);

}  // namespace ceir
