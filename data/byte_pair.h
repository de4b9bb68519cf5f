// Byte-pair encoding as CLIP uses it (Sennrich, Haddow & Birch 2016; Radford et al. 2021): text is cut into words,
// digits and punctuation, each piece into bytes written as printable characters, the last one marked with "</w>";
// neighbours are merged in the order in which the merges were learnt.
#pragma once
#include <string>
#include <unordered_map>
#include <vector>

#include "data/added_tokens.h"
#include "data/tokenizer.h"

namespace ceir {

class BytePairTokenizer : public Tokenizer {
 public:
  // Throws Error(bad_input), beginning with `where`: a merge whose parts or result are no tokens, ids out of range.
  BytePairTokenizer(std::unordered_map<std::string, int64_t> vocabulary, const std::vector<std::pair<std::string, std::string>>& merges,
                    AddedTokens added, int64_t start, int64_t end, int64_t pad, int64_t unknown, TextForm form, std::string_view where);

  std::vector<int64_t> encode(std::string_view text) const override;
  std::string piece(int64_t id) const override;
  int64_t vocabulary_size() const override { return size_; }
  int64_t start_id() const override { return start_; }
  int64_t end_id() const override { return end_; }
  int64_t pad_id() const override { return pad_; }

 private:
  struct Merge {
    int64_t rank, result;
  };
  void encode_stretch(std::string_view text, std::vector<int64_t>& ids) const;
  void encode_piece(std::string_view bytes, std::vector<int64_t>& ids) const;

  std::unordered_map<uint64_t, Merge> merges_;  // left id << 32 | right id
  std::unordered_map<int64_t, std::string> names_;
  int64_t byte_id_[256], last_byte_id_[256];  // a byte within a piece, and at its end
  AddedTokens added_;
  int64_t start_, end_, pad_, unknown_, size_ = 0;
  TextForm form_;
};

// Cuts normalised text at CLIP's pattern: special tokens | 's 't 're 've 'm 'll 'd | \p{L}+ | \p{N} | [^\s\p{L}\p{N}]+
// Pieces are returned as UTF-8. For openai contractions are matched ignoring case, where U+017F counts as s.
std::vector<std::string> split_clip_pattern(const CodePoints& text, TextForm form);

}  // namespace ceir
