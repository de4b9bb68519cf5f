#include "data/clip_text.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "data/byte_pair.h"
#include "data/html_entities.h"
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

// Letters, numbers and combining marks of the tables' Unicode 18 that Unicode 16 does not have, which is what Hugging Face's
// tokenizers (0.23) know when they cut and compose: the classes of every code point by unicodedata2 18 and 16, compared.
// OpenAI's form goes by Python's regex library, which is as new as the tables.
struct Range {
  uint32_t first, last;
};
constexpr Range since_unicode_16[] = {
    {0x558, 0x558}, {0x58b, 0x58c}, {0x5c8, 0x5c9}, {0x88f, 0x88f}, {0xc5c, 0xc5c}, {0xcdc, 0xcdc},
    {0x1acf, 0x1af0}, {0x208f, 0x208f}, {0x209d, 0x209f}, {0xa7ce, 0xa7cf}, {0xa7d2, 0xa7d2}, {0xa7d4, 0xa7d4},
    {0xa7dd, 0xa7dd}, {0xa7e2, 0xa7e2}, {0xa7f1, 0xa7f1}, {0xab6c, 0xab6d}, {0x107bb, 0x107bf}, {0x10940, 0x10959},
    {0x10ec5, 0x10ec7}, {0x10ecb, 0x10ecf}, {0x10ed9, 0x10eee}, {0x10ef0, 0x10efb}, {0x11b0a, 0x11b0a}, {0x11db0, 0x11ddb},
    {0x11de0, 0x11de9}, {0x11df1, 0x11df1}, {0x1246f, 0x1246f}, {0x12475, 0x1247f}, {0x12550, 0x12686}, {0x16ea0, 0x16eb8},
    {0x16ebb, 0x16ed3}, {0x16ff2, 0x16ff6}, {0x187f8, 0x187ff}, {0x18cd6, 0x18cda}, {0x18d09, 0x18d20}, {0x18d80, 0x18df2},
    {0x18e00, 0x19191}, {0x191a0, 0x191d2}, {0x1b123, 0x1b128}, {0x1b168, 0x1b168}, {0x1d127, 0x1d128}, {0x1d250, 0x1d252},
    {0x1d25b, 0x1d25c}, {0x1d25f, 0x1d25f}, {0x1d280, 0x1d281}, {0x1d6a6, 0x1d6a6}, {0x1df1f, 0x1df24}, {0x1df2b, 0x1df81},
    {0x1df90, 0x1df96}, {0x1dfcd, 0x1dfff}, {0x1e6c0, 0x1e6de}, {0x1e6e0, 0x1e6f5}, {0x1e6fe, 0x1e6ff}, {0x2b73a, 0x2b73f},
    {0x2b81e, 0x2b81e}, {0x2cea2, 0x2cead}, {0x323b0, 0x33479}, {0x3d000, 0x3fc3f},
};

// Combining marks, and letters that compose, younger than the tables (Unicode 9) by which those tokenizers compose: to them
// they are neither.
// Found by running every code point through tokenizers 0.23.3.
constexpr Range composing_since_unicode_9[] = {
    {0x7fd, 0x7fd}, {0x897, 0x89f}, {0x8ca, 0x8d3}, {0x9fe, 0x9fe}, {0xc3c, 0xc3c}, {0xd3b, 0xd3c},
    {0xeba, 0xeba}, {0x1715, 0x1715}, {0x1abf, 0x1ace}, {0x1df6, 0x1dfa}, {0xa82c, 0xa82c}, {0x105c9, 0x105c9},
    {0x105d2, 0x105d2}, {0x105da, 0x105da}, {0x105e4, 0x105e4}, {0x10d24, 0x10d27}, {0x10d69, 0x10d6d}, {0x10eab, 0x10eac},
    {0x10efd, 0x10eff}, {0x10f46, 0x10f50}, {0x10f82, 0x10f85}, {0x11070, 0x11070}, {0x1133b, 0x1133b}, {0x11382, 0x11385},
    {0x1138b, 0x1138b}, {0x1138e, 0x1138e}, {0x11390, 0x11391}, {0x113c2, 0x113c2}, {0x113c5, 0x113c5}, {0x113c7, 0x113c8},
    {0x113ce, 0x113d0}, {0x1145e, 0x1145e}, {0x11839, 0x1183a}, {0x11935, 0x11935}, {0x11938, 0x11938}, {0x1193d, 0x1193e},
    {0x11943, 0x11943}, {0x119e0, 0x119e0}, {0x11a34, 0x11a34}, {0x11a47, 0x11a47}, {0x11a99, 0x11a99}, {0x11d42, 0x11d42},
    {0x11d44, 0x11d45}, {0x11d97, 0x11d97}, {0x11f41, 0x11f42}, {0x1611e, 0x1611e}, {0x16121, 0x16129}, {0x1612f, 0x1612f},
    {0x16d63, 0x16d63}, {0x16d67, 0x16d6a}, {0x16ff0, 0x16ff1}, {0x1e08f, 0x1e08f}, {0x1e130, 0x1e136}, {0x1e2ae, 0x1e2ae},
    {0x1e2ec, 0x1e2ef}, {0x1e4ec, 0x1e4ef}, {0x1e5ee, 0x1e5ef},
};

template <size_t n>
bool is_in(const Range (&ranges)[n], uint32_t c) {
  const Range* range = std::upper_bound(ranges, ranges + n, c, [](uint32_t key, const Range& r) { return key < r.first; });
  return range != ranges && c <= range[-1].last;
}

bool is_new(uint32_t c) { return is_in(since_unicode_16, c); }
bool stays(uint32_t c) { return is_new(c) || is_in(composing_since_unicode_9, c); }

// Letters of Unicode 18 that have a lower case: Rust's, by which those tokenizers go, is Unicode 17's.
bool is_new_to_lower_case(uint32_t c) { return c == 0xa7dd || c == 0xa7e2 || c == 0xab6c || c == 0xab6d || (c >= 0x1df40 && c <= 0x1df7e); }

CodePoints strip(const CodePoints& text) {
  size_t begin = 0, end = text.size();
  while (begin < end && is_python_space(text[begin])) begin++;
  while (end > begin && is_python_space(text[end - 1])) end--;
  return {text.begin() + static_cast<ptrdiff_t>(begin), text.begin() + static_cast<ptrdiff_t>(end)};
}

}  // namespace

CodePoints normalize_hf(const CodePoints& text) {
  CodePoints out, stretch;
  const auto finish = [&] {
    for (const uint32_t c : lower_each(nfc(stretch))) out.push_back(c);
    stretch.clear();
  };
  // What is not assigned stays as it is, and nothing is reordered or composed across it.
  for (const uint32_t c : text) {
    if (!stays(c)) {
      stretch.push_back(c);
      continue;
    }
    finish();
    out.push_back(is_new_to_lower_case(c) ? c : lower_each({c}).front());
  }
  finish();
  return collapse_spaces(out, is_white_space);
}

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
  const auto letter = [&](uint32_t c) { return is_letter(c) && (openai || !is_new(c)); };
  const auto number = [&](uint32_t c) { return is_number(c) && (openai || !is_new(c)); };
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
