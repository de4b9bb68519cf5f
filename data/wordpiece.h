// WordPiece as BERT uses it (Devlin et al. 2019, tokenization.py; Hugging Face's BertNormalizer and BertPreTokenizer):
// the longest piece of the vocabulary first, continuations marked with "##".
#pragma once
#include <string>
#include <unordered_map>
#include <vector>

#include "data/added_tokens.h"
#include "data/tokenizer.h"

namespace ceir {

struct WordPieceSettings {
  std::unordered_map<std::string, int64_t> vocabulary;
  AddedTokens added;
  int64_t start, end, pad, unknown;  // [CLS], [SEP], [PAD], [UNK]
  std::string prefix = "##";
  int64_t longest_word = 100;  // code points; a longer word is one [UNK]
  bool clean_text = true, split_chinese = true, lower_case = true, strip_accents = true;
};

class WordPieceTokenizer : public Tokenizer {
 public:
  explicit WordPieceTokenizer(WordPieceSettings settings);
  std::vector<int64_t> encode(std::string_view text) const override;
  std::string piece(int64_t id) const override;
  int64_t vocabulary_size() const override { return size_; }
  int64_t start_id() const override { return s_.start; }
  int64_t end_id() const override { return s_.end; }
  int64_t pad_id() const override { return s_.pad; }

 private:
  CodePoints normalize(const CodePoints& text) const;
  void encode_stretch(std::string_view text, std::vector<int64_t>& ids) const;
  void encode_word(const CodePoints& word, std::vector<int64_t>& ids) const;

  WordPieceSettings s_;
  std::unordered_map<int64_t, std::string> names_;
  size_t longest_piece_ = 0;  // bytes
  int64_t size_ = 0;
};

}  // namespace ceir
