// Texts to token ids.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ceir {

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  // Ids with start and end tokens, neither padded nor truncated. Throws Error(bad_input) for text that is not UTF-8.
  virtual std::vector<int64_t> encode(std::string_view text) const = 0;
  virtual std::vector<std::string> pieces(std::string_view text) const = 0;  // what the ids stand for
  virtual int64_t vocabulary_size() const = 0;
  virtual int64_t end_id() const = 0;
  virtual int64_t pad_id() const = 0;

  // encode, cut to `context` ids with the end token last, padded with pad_id().
  std::vector<int64_t> encode_padded(std::string_view text, int64_t context) const;
};

// By what lies in a model folder: tokenizer.json, vocab.json + merges.txt (byte-pair), or spiece.model (SentencePiece).
// Throws Error(bad_input) naming the files looked for.
std::unique_ptr<Tokenizer> open_tokenizer(const std::string& folder);

// SentencePiece from the bytes of a .model file (the embedded model has no folder). start_id < 0: none.
std::unique_ptr<Tokenizer> sentencepiece_tokenizer(std::string model_bytes, int64_t start_id, int64_t end_id, int64_t pad_id);

// Trains a SentencePiece unigram model on lines; the same lines give the same bytes.
std::string train_sentencepiece(const std::vector<std::string>& lines, int64_t vocabulary);

}  // namespace ceir
