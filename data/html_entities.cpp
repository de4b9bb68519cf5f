#include "data/html_entities.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>

#include "data/html_entities_table.h"
#include "tensor/io/utf8.h"

namespace ceir {
namespace {

const std::unordered_map<std::string_view, std::string_view>& entities() {
  static const auto map = [] {
    std::unordered_map<std::string_view, std::string_view> m;
    for (const char* p = html_entity_text; p < html_entity_text + html_entity_text_size;) {
      const std::string_view name(p), text(p + name.size() + 1);
      m.emplace(name, text);
      p = text.data() + text.size() + 1;
    }
    return m;
  }();
  return map;
}

// Numbers 0x80 to 0x9f mean Windows-1252, as browsers read them.
constexpr uint16_t windows_1252[32] = {0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,  0x2030, 0x160,
                                       0x2039, 0x152,  0x8d,   0x17d,  0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
                                       0x2013, 0x2014, 0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178};

void append_numbered(CodePoints& out, uint32_t c) {
  if (c == 0) out.push_back(0xfffd);
  else if (c == 0x0d) out.push_back(c);
  else if (c >= 0x80 && c <= 0x9f) out.push_back(windows_1252[c - 0x80]);
  else if ((c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff) out.push_back(0xfffd);
  else if (c <= 8 || c == 0x0b || (c >= 0x0e && c <= 0x1f) || c == 0x7f || (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe) return;
  else out.push_back(c);
}

int digit_of(uint32_t c, uint32_t base) {
  if (c >= '0' && c <= '9') return static_cast<int>(c - '0');
  if (base == 16 && (c | 32) >= 'a' && (c | 32) <= 'f') return static_cast<int>((c | 32) - 'a' + 10);
  return -1;
}

// Reads a reference that begins at text[at] == '&'; returns where it ends, or `at` when there is none.
size_t append_reference(CodePoints& out, const CodePoints& text, size_t at) {
  const auto c = [&](size_t i) { return i < text.size() ? text[i] : 0; };
  size_t i = at + 1;
  if (c(i) == '#') {
    const uint32_t base = c(i + 1) == 'x' || c(i + 1) == 'X' ? 16 : 10;
    i += base == 16 ? 2 : 1;
    const size_t first = i;
    uint32_t number = 0;
    for (; digit_of(c(i), base) >= 0; i++) number = std::min<uint32_t>(number * base + static_cast<uint32_t>(digit_of(c(i), base)), 0x110000);
    if (i == first) return at;
    append_numbered(out, number);
    return c(i) == ';' ? i + 1 : i;
  }
  // Up to 32 characters that may stand in a name, and the semicolon; the longest prefix that is a name counts.
  std::string name;
  std::vector<size_t> ends;  // bytes after each character
  for (; i < text.size() && ends.size() < 32; i++) {
    if (std::u32string_view(U"\t\n\f <&#;").find(static_cast<char32_t>(text[i])) != std::u32string_view::npos) break;
    append_utf8(name, text[i]);
    ends.push_back(name.size());
  }
  if (ends.empty()) return at;
  if (c(i) == ';') {
    name += ';';
    ends.push_back(name.size());
  }
  const auto emit = [&](std::string_view value) {
    for (const uint32_t v : code_points_of(value, "entity")) out.push_back(v);
  };
  for (size_t n = ends.size(); n >= 1; n--) {
    if (n < 2 && n < ends.size()) break;  // a cut name has at least two characters
    const auto it = entities().find(std::string_view(name).substr(0, ends[n - 1]));
    if (it == entities().end()) continue;
    emit(it->second);
    return at + 1 + n;
  }
  return at;
}

int sigma_class(uint32_t c) {
  const uint32_t* end = std::upper_bound(sigma_ranges, sigma_ranges + sigma_ranges_size, c, [](uint32_t key, uint32_t e) { return key < e >> 2; });
  return end == sigma_ranges ? 0 : static_cast<int>(end[-1] & 3);
}

// Capitals of Unicode 16 to 18, which str.lower() of Python up to 3.13 (Unicode 15.1) leaves alone.
bool is_new_capital(uint32_t c) {
  return c == 0x1c89 || (c >= 0xa7cb && c <= 0xa7d4 && c != 0xa7d0) || (c >= 0xa7da && c <= 0xa7e2) || c == 0xab6c || c == 0xab6d || (c >= 0x10d50 && c <= 0x10d65) || (c >= 0x16ea0 && c <= 0x16eb8) ||
         (c >= 0x1df40 && c <= 0x1df7e);
}

}  // namespace

CodePoints html_unescape(const CodePoints& text) {
  CodePoints out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const size_t end = text[i] == '&' ? append_reference(out, text, i) : i;
    if (end == i) out.push_back(text[i++]);
    else i = end;
  }
  return out;
}

CodePoints python_lower(const CodePoints& text) {
  constexpr uint32_t capital_sigma = 0x3a3, final_sigma = 0x3c2;
  CodePoints out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] != capital_sigma) {
      if (is_new_capital(text[i])) out.push_back(text[i]);
      else append_lower(out, text[i]);
      continue;
    }
    // Final when a cased letter stands before it and none after it, case-ignorable characters not counted.
    size_t before = i, after = i + 1;
    while (before > 0 && sigma_class(text[before - 1]) == 2) before--;
    while (after < text.size() && sigma_class(text[after]) == 2) after++;
    const bool final = before > 0 && sigma_class(text[before - 1]) == 1 && !(after < text.size() && sigma_class(text[after]) == 1);
    out.push_back(final ? final_sigma : 0x3c3);
  }
  return out;
}

}  // namespace ceir
