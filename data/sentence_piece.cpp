// SentencePiece (Kudo & Richardson 2018) through the library of the same name.
#include "data/sentence_piece.h"

#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <algorithm>

#include "data/added_tokens.h"
#include "data/unicode.h"
#include "kernels/base/error.h"
#include "tensor/io/sentencepiece_file.h"
#include "tensor/io/utf8.h"

namespace ceir {
namespace {

// SigLIP's clean-up (big_vision, pp_ops.py): punctuation deleted, white space runs to one space, none at the ends.
// Lower case comes first, one character at a time.
std::string canonical_text(std::string_view text) {
  CodePoints out;
  bool space = false;
  for (const uint32_t c : lower_each(code_points_of(text, "text"))) {
    const bool punctuation = (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126);
    if (punctuation) continue;
    if (is_python_space(c)) {
      space = !out.empty();
      continue;
    }
    if (space) out.push_back(' ');
    space = false;
    out.push_back(c);
  }
  return to_utf8(out);
}

class SentencePieceTokenizer : public Tokenizer {
 public:
  SentencePieceTokenizer(const std::string& model, const std::string& where) {
    check_sentencepiece(model, where);
    const auto status = processor_.LoadFromSerializedProto(model);
    if (!status.ok()) bad_input("{}: not a SentencePiece model ({})", where, printable(status.ToString(), 200));
  }

  void set_special(int64_t start, int64_t end, int64_t pad, bool canonical, const std::string& where) {
    for (const int64_t id : {std::max<int64_t>(start, 0), end, pad})
      if (id < 0 || id >= vocabulary_size()) bad_input("{}: the special id {} is not one of its {} pieces", where, id, vocabulary_size());
    start_ = start, end_ = end, pad_ = pad, canonical_ = canonical;
    // Special tokens written in a text become their id, as the Python libraries do it.
    for (const int64_t id : {end, static_cast<int64_t>(processor_.unk_id()), pad})
      if (id >= 0) added_.add({piece(id), id});
    processor_.Encode(marker(), &marker_ids_).ok();
  }

  int64_t id_of(const std::string& name, const std::string& where) const {
    const int id = processor_.PieceToId(name);
    if (id < 0 || processor_.IdToPiece(id) != name) bad_input("{}: the special token '{}' is not one of its pieces", where, printable(name));
    return id;
  }
  int64_t own_end() const { return processor_.eos_id(); }

  std::vector<int64_t> encode(std::string_view text) const override {
    if (const size_t bad = find_invalid_utf8(text); bad != std::string_view::npos)
      bad_input("the text '{}' is not UTF-8 at byte {}", printable(text, 40), bad);
    std::vector<int64_t> ids;
    if (start_ >= 0) ids.push_back(start_);
    const size_t none = ids.size();
    added_.split(text, false, [&](int64_t id) { ids.push_back(id); }, [&](std::string_view between) {
      const std::string clean = canonical_ ? canonical_text(between) : std::string(between);
      // Only a stretch at the beginning gets the space that SentencePiece puts before a text. Further ones are encoded
      // behind a marker whose pieces are cut off again: transformers does the same.
      const bool first = ids.size() == none;
      const std::vector<int> found = encode_plain(first ? clean : marker() + clean);
      ids.insert(ids.end(), found.begin() + static_cast<ptrdiff_t>(first ? 0 : std::min(marker_ids_.size(), found.size())), found.end());
    });
    ids.push_back(end_);   // also behind a "</s>" that was written: padded with end tokens, the model sees the same as transformers'
    return ids;
  }
  std::string piece(int64_t id) const override { return id >= 0 && id < vocabulary_size() ? processor_.IdToPiece(static_cast<int>(id)) : ""; }
  int64_t vocabulary_size() const override { return processor_.GetPieceSize(); }
  int64_t start_id() const override { return start_; }
  int64_t end_id() const override { return end_; }
  int64_t pad_id() const override { return pad_; }

 private:
  std::string marker() const { return processor_.unk_id() >= 0 ? processor_.IdToPiece(processor_.unk_id()) : "<unk>"; }
  std::vector<int> encode_plain(const std::string& text) const {
    std::vector<int> found;
    const auto status = processor_.Encode(text, &found);
    if (!status.ok()) bad_input("SentencePiece cannot encode '{}': {}", printable(text, 40), printable(status.ToString(), 200));
    return found;
  }

  sentencepiece::SentencePieceProcessor processor_;
  AddedTokens added_;
  std::vector<int> marker_ids_;
  int64_t start_ = -1, end_ = 0, pad_ = 0;
  bool canonical_ = true;
};

class Lines : public sentencepiece::SentenceIterator {
 public:
  explicit Lines(const std::vector<std::string>& lines) : lines_(lines) {}
  bool done() const override { return at_ == lines_.size(); }
  void Next() override { at_++; }
  const std::string& value() const override { return lines_[at_]; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  const std::vector<std::string>& lines_;
  size_t at_ = 0;
};

}  // namespace

std::unique_ptr<Tokenizer> sentencepiece_tokenizer(std::string model_bytes, int64_t start_id, int64_t end_id, int64_t pad_id, bool canonical) {
  const std::string where = "SentencePiece model";
  auto t = std::make_unique<SentencePieceTokenizer>(model_bytes, where);
  t->set_special(start_id, end_id, pad_id, canonical, where);
  return t;
}

std::unique_ptr<Tokenizer> open_sentencepiece_model(const std::string& bytes, const SentencePieceNames& names, const std::string& where) {
  auto t = std::make_unique<SentencePieceTokenizer>(bytes, where);
  const int64_t end = names.end.empty() ? t->own_end() : t->id_of(names.end, where);
  if (end < 0) bad_input("{}: has no end token; name one as eos_token in tokenizer_config.json", where);
  t->set_special(names.start.empty() ? -1 : t->id_of(names.start, where), end, names.pad.empty() ? end : t->id_of(names.pad, where), names.canonical, where);
  return t;
}

std::string train_sentencepiece(const std::vector<std::string>& lines, int64_t vocabulary) {
  if (lines.empty()) bad_input("SentencePiece needs at least one line of text to learn from");
  Lines iterator(lines);
  std::string model;
  // One thread and no shuffling: the same lines give the same bytes. A small corpus may not have enough pieces:
  // then the vocabulary is smaller instead of an error.
  const auto status = sentencepiece::SentencePieceTrainer::Train(
      {{"model_type", "unigram"}, {"vocab_size", std::to_string(vocabulary)}, {"hard_vocab_limit", "false"}, {"num_threads", "1"},
       {"shuffle_input_sentence", "false"}, {"character_coverage", "1.0"}, {"unk_id", "0"}, {"pad_id", "1"}, {"bos_id", "2"}, {"eos_id", "3"},
       {"minloglevel", "3"}},
      &iterator, &model);
  if (!status.ok()) bad_input("SentencePiece could not learn a vocabulary of {} from {} lines: {}", vocabulary, lines.size(), printable(status.ToString(), 200));
  return model;
}

}  // namespace ceir
