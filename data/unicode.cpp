#include "data/unicode.h"

#include <algorithm>

namespace ceir {
namespace {

// The last entry of a sorted table whose key (entry >> shift) is at most c; null when all are larger.
template <class T>
const T* last_at_most(const T* table, size_t size, uint32_t c, int shift) {
  const T* end = std::upper_bound(table, table + size, c, [shift](uint32_t key, T entry) { return key < entry >> shift; });
  return end == table ? nullptr : end - 1;
}

uint8_t combining_class(uint32_t c) {
  if (c < 0x300) return 0;
  const uint32_t* e = last_at_most(unicode_combining_ranges, unicode_combining_ranges_size, c, 8);
  return e ? static_cast<uint8_t>(*e & 255) : 0;
}

// Hangul syllables decompose and compose by arithmetic (Unicode Standard, section 3.12).
constexpr uint32_t s_base = 0xac00, l_base = 0x1100, v_base = 0x1161, t_base = 0x11a7;
constexpr uint32_t l_count = 19, v_count = 21, t_count = 28, s_count = l_count * v_count * t_count;

constexpr uint64_t code_point_mask = (1u << 21) - 1;

const uint64_t* find_decomposition(uint32_t c) {
  // The topmost bit is a flag, so the table is not sorted as plain numbers: compare the code points.
  const uint64_t* end = unicode_decompositions + unicode_decompositions_size;
  const auto key = [](uint64_t e) { return static_cast<uint32_t>(e >> 42 & code_point_mask); };
  const uint64_t* e = std::lower_bound(unicode_decompositions, end, c, [&](uint64_t entry, uint32_t wanted) { return key(entry) < wanted; });
  return e != end && key(*e) == c ? e : nullptr;
}

void append_decomposed(CodePoints& out, uint32_t c) {
  if (c < 0xc0) {
    out.push_back(c);
  } else if (c - s_base < s_count) {
    const uint32_t s = c - s_base;
    out.push_back(l_base + s / (v_count * t_count));
    out.push_back(v_base + s % (v_count * t_count) / t_count);
    if (s % t_count) out.push_back(t_base + s % t_count);
  } else if (const uint64_t* e = find_decomposition(c)) {
    append_decomposed(out, static_cast<uint32_t>(*e >> 21 & code_point_mask));
    if (const uint32_t second = static_cast<uint32_t>(*e & code_point_mask)) append_decomposed(out, second);
  } else {
    out.push_back(c);
  }
}

struct Pair {
  uint64_t both;  // first << 21 | second
  uint32_t composed;
};

// The pairs that compose, sorted; made from the decompositions on first use.
const std::vector<Pair>& composition_pairs() {
  static const std::vector<Pair> pairs = [] {
    std::vector<Pair> p;
    for (size_t i = 0; i < unicode_decompositions_size; i++)
      if (const uint64_t e = unicode_decompositions[i]; !(e >> 63))
        p.push_back({e & ((uint64_t{1} << 42) - 1), static_cast<uint32_t>(e >> 42 & code_point_mask)});
    std::ranges::sort(p, {}, &Pair::both);
    return p;
  }();
  return pairs;
}

uint32_t compose(uint32_t a, uint32_t b) {  // 0 when they do not
  if (a - l_base < l_count && b - v_base < v_count) return s_base + ((a - l_base) * v_count + b - v_base) * t_count;
  if (a - s_base < s_count && (a - s_base) % t_count == 0 && b > t_base && b < t_base + t_count) return a + b - t_base;
  const uint64_t both = uint64_t{a} << 21 | b;
  const auto& pairs = composition_pairs();
  const auto it = std::ranges::lower_bound(pairs, both, {}, &Pair::both);
  return it != pairs.end() && it->both == both ? it->composed : 0;
}

bool all_below(const CodePoints& text, uint32_t limit) {
  return std::ranges::all_of(text, [limit](uint32_t c) { return c < limit; });
}

}  // namespace

UnicodeClass unicode_class(uint32_t c) {
  const uint32_t* e = last_at_most(unicode_class_ranges, unicode_class_ranges_size, c, 4);
  return e ? static_cast<UnicodeClass>(*e & 15) : UnicodeClass::other;
}

bool is_white_space(uint32_t c) {
  return (c >= 9 && c <= 13) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
         c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

bool is_python_space(uint32_t c) { return is_white_space(c) || (c >= 0x1c && c <= 0x1f); }

void append_lower(CodePoints& out, uint32_t c) {
  if (c < 0x80) {
    out.push_back(c >= 'A' && c <= 'Z' ? c + 32 : c);
  } else if (c == 0x130) {  // capital I with dot above: the only one whose lower case is two code points
    out.push_back('i'), out.push_back(0x307);
  } else {
    const uint64_t* e = last_at_most(unicode_lower, unicode_lower_size, c, 21);
    out.push_back(e && *e >> 21 == c ? static_cast<uint32_t>(*e & code_point_mask) : c);
  }
}

CodePoints lower_each(const CodePoints& text) {
  CodePoints out;
  out.reserve(text.size());
  for (const uint32_t c : text) append_lower(out, c);
  return out;
}

CodePoints nfd(const CodePoints& text) {
  if (all_below(text, 0xc0)) return text;  // nothing below U+00C0 decomposes
  CodePoints out;
  out.reserve(text.size());
  for (const uint32_t c : text) append_decomposed(out, c);
  // Canonical ordering: runs of marks are sorted by class, equal classes keep their order.
  for (size_t i = 0; i < out.size();) {
    size_t end = i;
    while (end < out.size() && combining_class(out[end])) end++;
    if (end - i > 1) std::stable_sort(out.begin() + static_cast<ptrdiff_t>(i), out.begin() + static_cast<ptrdiff_t>(end), [](uint32_t a, uint32_t b) { return combining_class(a) < combining_class(b); });
    i = std::max(end, i + 1);
  }
  return out;
}

CodePoints nfc(const CodePoints& text) {
  if (all_below(text, 0x300)) return text;  // nothing below the first combining mark changes
  CodePoints out = nfd(text);
  size_t kept = 0, starter = SIZE_MAX;
  uint8_t last_class = 0;  // of the last character kept since the starter; a larger or equal one blocks
  for (const uint32_t c : out) {
    const uint8_t k = combining_class(c);
    if (starter != SIZE_MAX && (kept == starter + 1 || last_class < k)) {
      if (const uint32_t both = compose(out[starter], c)) {
        out[starter] = both;
        continue;
      }
    }
    if (k == 0) starter = kept;
    last_class = k;
    out[kept++] = c;
  }
  out.resize(kept);
  return out;
}

}  // namespace ceir
