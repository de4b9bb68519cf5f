// Texts to token ids: byte-pair encoding (CLIP), SentencePiece (SigLIP and our own models), WordPiece (BERT).
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ceir {

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  // Ids with start and end tokens, neither padded nor truncated. Throws Error(bad_input) for text that is not UTF-8.
  virtual std::vector<int64_t> encode(std::string_view text) const = 0;
  std::vector<std::string> pieces(std::string_view text) const;  // what the ids stand for
  virtual std::string piece(int64_t id) const = 0;               // "" for an id that does not exist
  virtual int64_t vocabulary_size() const = 0;                   // largest id + 1
  virtual int64_t start_id() const { return -1; }                // -1: none
  virtual int64_t end_id() const = 0;
  virtual int64_t pad_id() const = 0;

  // encode, cut to `context` ids with the end token last, padded with pad_id().
  std::vector<int64_t> encode_padded(std::string_view text, int64_t context) const;
};

// Which library's habits a CLIP byte-pair tokenizer follows where they differ. `hf`: NFC, white space runs become one
// space, lower case one character at a time. `openai`: html.unescape twice, strip, str.lower() with the final-sigma
// rule, without the repairs of the ftfy library.
enum class TextForm { hf, openai };

// By what lies in a model folder: spiece.model (SentencePiece), tokenizer.json, or vocab.json + merges.txt (byte-pair);
// tokenizer_config.json and special_tokens_map.json name the special tokens. Without a form the files decide: openai in a
// folder of open_clip's layout (open_clip_config.json and no config.json) and where tokenizer_config.json says
// "ceir_text_form": "openai" (what `convert` writes for OpenAI's archives), else hf. openai pads with 0, as its code does.
// Throws Error(bad_input) naming the files looked for.
std::unique_ptr<Tokenizer> open_tokenizer(const std::string& folder, std::optional<TextForm> form = {});

// The same from contents in memory (the built-in model has no folder): file name -> content. `where` begins messages.
using TokenizerFiles = std::map<std::string, std::string>;
std::unique_ptr<Tokenizer> open_tokenizer(const TokenizerFiles& files, const std::string& where, std::optional<TextForm> form = {});
const std::vector<std::string>& tokenizer_file_names();  // what open_tokenizer looks at

// SentencePiece from the bytes of a .model file. start_id < 0: none. `canonical`: SigLIP's clean-up comes first (lower
// case, ASCII punctuation deleted, white space runs to one space).
std::unique_ptr<Tokenizer> sentencepiece_tokenizer(std::string model_bytes, int64_t start_id, int64_t end_id, int64_t pad_id,
                                                   bool canonical = true);

// Trains a SentencePiece unigram model on lines; the same lines give the same bytes. Special ids: <unk> 0, <pad> 1,
// <s> 2, </s> 3 (an end-of-text id of 2 would make transformers pool at the largest id).
std::string train_sentencepiece(const std::vector<std::string>& lines, int64_t vocabulary);

}  // namespace ceir
