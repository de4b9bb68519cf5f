#include "data/wordpiece.h"

#include <algorithm>

#include "data/rust_unicode.h"
#include "kernels/base/error.h"
#include "tensor/io/utf8.h"

namespace ceir {
namespace {

// The blocks that BERT sets apart with spaces (tokenization.py, _is_chinese_char).
bool is_chinese(uint32_t c) {
  return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf) || (c >= 0x20000 && c <= 0x2a6df) || (c >= 0x2a700 && c <= 0x2b73f) ||
         (c >= 0x2b740 && c <= 0x2b81f) || (c >= 0x2b920 && c <= 0x2ceaf) || (c >= 0xf900 && c <= 0xfaff) || (c >= 0x2f800 && c <= 0x2fa1f);
}

bool is_removed(uint32_t c) {  // control, format, private use; tab and line ends are white space
  if (c == 0 || c == 0xfffd) return true;
  if (c == '\t' || c == '\n' || c == '\r') return false;
  return rust::is_other(c);
}

bool is_bert_punctuation(uint32_t c) {
  return (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126) || rust::is_punctuation(c);
}

}  // namespace

WordPieceTokenizer::WordPieceTokenizer(WordPieceSettings settings) : s_(std::move(settings)) {
  for (const auto& [name, id] : s_.vocabulary) {
    names_[id] = name;
    size_ = std::max(size_, id + 1);
    longest_piece_ = std::max(longest_piece_, name.size());
  }
  for (const AddedToken& t : s_.added.all()) {
    names_[t.id] = t.content;
    size_ = std::max(size_, t.id + 1);
  }
}

std::string WordPieceTokenizer::piece(int64_t id) const {
  const auto it = names_.find(id);
  return it == names_.end() ? "" : it->second;
}

std::vector<int64_t> WordPieceTokenizer::encode(std::string_view text) const {
  if (const size_t bad = find_invalid_utf8(text); bad != std::string_view::npos)
    bad_input("the text '{}' is not UTF-8 at byte {}", printable(text, 40), bad);
  std::vector<int64_t> ids;
  if (s_.start >= 0) ids.push_back(s_.start);
  s_.added.split(text, false, [&](int64_t id) { ids.push_back(id); }, [&](std::string_view between) { encode_stretch(between, ids); });
  ids.push_back(s_.end);
  return ids;
}

CodePoints WordPieceTokenizer::normalize(const CodePoints& text) const {
  CodePoints out;
  out.reserve(text.size());
  for (const uint32_t c : text) {
    if (s_.clean_text && is_removed(c)) continue;
    if (s_.clean_text && is_white_space(c)) {
      out.push_back(' ');
    } else if (s_.split_chinese && is_chinese(c)) {
      out.push_back(' '), out.push_back(c), out.push_back(' ');
    } else {
      out.push_back(c);
    }
  }
  if (s_.strip_accents) {
    out = rust::nfd(out);
    std::erase_if(out, rust::is_nonspacing_mark);
  }
  return s_.lower_case ? rust::lower_each(out) : out;
}

void WordPieceTokenizer::encode_stretch(std::string_view text, std::vector<int64_t>& ids) const {
  const std::string normal = to_utf8(normalize(code_points_of(text, "text")));
  const auto words = [&](std::string_view stretch) {
    CodePoints word;
    const auto finish = [&] {
      if (!word.empty()) encode_word(word, ids);
      word.clear();
    };
    for (const uint32_t c : code_points_of(stretch, "text")) {
      const bool space = is_white_space(c), punctuation = is_bert_punctuation(c);
      if (space || punctuation) finish();
      if (!space) word.push_back(c);
      if (punctuation) finish();
    }
    finish();
  };
  s_.added.split(normal, true, [&](int64_t id) { ids.push_back(id); }, words);
}

void WordPieceTokenizer::encode_word(const CodePoints& word, std::vector<int64_t>& ids) const {
  const auto unknown = [&] { ids.push_back(s_.unknown); };
  if (static_cast<int64_t>(word.size()) > s_.longest_word) return unknown();
  std::vector<int64_t> found;
  for (size_t begin = 0; begin < word.size();) {
    // All prefixes of the rest as UTF-8, so that the longest can be tried first.
    std::string text = begin ? s_.prefix : "";
    std::vector<size_t> ends;
    for (size_t i = begin; i < word.size() && text.size() <= longest_piece_; i++) {
      append_utf8(text, word[i]);
      ends.push_back(text.size());
    }
    size_t length = ends.size();
    int64_t id = -1;
    for (; length > 0 && id < 0; length--)
      if (const auto it = s_.vocabulary.find(text.substr(0, ends[length - 1])); it != s_.vocabulary.end()) {
        id = it->second;
        break;
      }
    if (id < 0) return unknown();  // one missing piece makes the whole word unknown
    found.push_back(id);
    begin += length;
  }
  ids.insert(ids.end(), found.begin(), found.end());
}

}  // namespace ceir
