#include "data/clip_text.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "data/byte_pair.h"
#include "data/html_entities.h"
#include "data/rust_unicode.h"
#include "tensor/io/utf8.h"

namespace ceir {
namespace {

CodePoints collapse_spaces(const CodePoints& text, bool (*is_space)(uint32_t)) {
  CodePoints out;
  out.reserve(text.size());
  bool inside = false;
  for (const uint32_t c : text) {
    const bool space = is_space(c);
    if (!space) out.push_back(c);
    else if (!inside) out.push_back(' ');
    inside = space;
  }
  return out;
}

CodePoints strip(const CodePoints& text) {
  size_t begin = 0, end = text.size();
  while (begin < end && is_python_space(text[begin])) begin++;
  while (end > begin && is_python_space(text[end - 1])) end--;
  return {text.begin() + static_cast<ptrdiff_t>(begin), text.begin() + static_cast<ptrdiff_t>(end)};
}

}  // namespace

CodePoints normalize_hf(const CodePoints& text) { return collapse_spaces(rust::lower_each(rust::nfc(text)), is_white_space); }

CodePoints normalize_openai(const CodePoints& text) {
  return python_lower(strip(collapse_spaces(strip(html_unescape(html_unescape(text))), is_white_space)));
}

std::vector<std::string> split_clip_pattern(const CodePoints& text, TextForm form) {
  static constexpr std::u32string_view specials[] = {U"<|startoftext|>", U"<|endoftext|>"};
  static constexpr std::u32string_view contractions[] = {U"'s", U"'t", U"'re", U"'ve", U"'m", U"'ll", U"'d"};
  const bool openai = form == TextForm::openai;
  const auto starts_with = [&](size_t at, std::u32string_view word) {
    if (text.size() - at < word.size()) return false;
    for (size_t i = 0; i < word.size(); i++) {
      uint32_t c = text[at + i];
      if (openai && c == 0x17f) c = 's';  // IGNORECASE folds the long s
      if (c != word[i]) return false;
    }
    return true;
  };
  // With IGNORECASE the regex library folds U+0345 to a Greek letter for \p{L}'s complement, so that nothing matches it.
  const auto vanishes = [&](uint32_t c) { return openai && c == 0x345; };
  const auto letter = [&](uint32_t c) { return openai ? is_letter(c) : rust::is_letter(c); };
  const auto number = [&](uint32_t c) { return openai ? is_number(c) : rust::is_number(c); };
  const auto is_other = [&](uint32_t c) { return !is_white_space(c) && !letter(c) && !number(c) && !vanishes(c); };
  std::vector<std::string> pieces;
  for (size_t at = 0; at < text.size();) {
    size_t end = at;  // after the alternatives, in their order
    for (const auto word : specials)
      if (end == at && starts_with(at, word)) end = at + word.size();
    // Hugging Face cuts once more, with a pattern that knows no special tokens: "<|endoftext|>" spelt in capitals
    // becomes "<|", "endoftext", "|>".
    const bool again = !openai && end > at;
    for (const auto word : contractions)
      if (end == at && starts_with(at, word)) end = at + word.size();
    if (end == at && letter(text[at]))
      while (end < text.size() && letter(text[end])) end++;
    if (end == at && number(text[at])) end++;
    if (end == at)
      while (end < text.size() && is_other(text[end])) end++;
    if (end == at) {
      at++;  // white space separates
      continue;
    }
    std::string piece;
    for (size_t i = at; i < end; i++) {
      if (again && (i == at + 2 || i == end - 2)) pieces.push_back(std::move(piece)), piece.clear();
      append_utf8(piece, text[i]);
    }
    pieces.push_back(std::move(piece));
    at = end;
  }
  return pieces;
}

}  // namespace ceir
