// What a SentencePiece .model file holds, checked: the library that runs it trusts parts of the file blindly.
// (sentencepiece_model.proto; the character map is a Darts double array, github.com/s-yata/darts-clone.)
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace ceir {

struct SentencePieceSummary {
  int64_t pieces = 0;
  std::string model_type = "unigram";  // the format's default
  std::string normalization;           // "nmt_nfkc", ...
  int64_t unknown_id = -1;             // of the piece marked as unknown
};

// Throws Error(bad_input), beginning with `where`: not a protocol buffer, no pieces, an empty piece or one twice, a
// score that is not a number, no or several unknown pieces, a character map that points outside itself.
SentencePieceSummary check_sentencepiece(std::string_view bytes, std::string_view where);

}  // namespace ceir
