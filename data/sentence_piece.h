// Opening a SentencePiece model with the special tokens that a model folder names.
#pragma once
#include <memory>
#include <string>

#include "data/tokenizer.h"

namespace ceir {

struct SentencePieceNames {
  std::string start, end, pad;  // pieces; "": no start token, the model's own end token, the end token as padding
  bool canonical = true;
};

// Throws Error(bad_input), beginning with `where`.
std::unique_ptr<Tokenizer> open_sentencepiece_model(const std::string& bytes, const SentencePieceNames& names, const std::string& where);

}  // namespace ceir
