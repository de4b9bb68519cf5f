#include "data/byte_pair.h"

#include <algorithm>
#include <queue>

#include "data/clip_text.h"
#include "kernels/base/error.h"
#include "tensor/io/utf8.h"

namespace ceir {
namespace {

// GPT-2's table: printable Latin-1 bytes stand for themselves, the 68 others for U+0100 onwards.
std::vector<std::string> byte_names() {
  std::vector<std::string> names(256);
  uint32_t next = 0x100;
  for (uint32_t b = 0; b < 256; b++) {
    const bool printable_byte = (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b <= 0xac) || (b >= 0xae);
    append_utf8(names[b], printable_byte ? b : next++);
  }
  return names;
}

constexpr std::string_view end_of_word = "</w>";

}  // namespace

BytePairTokenizer::BytePairTokenizer(std::unordered_map<std::string, int64_t> vocabulary, const std::vector<std::pair<std::string, std::string>>& merges,
                                     AddedTokens added, int64_t start, int64_t end, int64_t pad, int64_t unknown, TextForm form, std::string_view where)
    : added_(std::move(added)), start_(start), end_(end), pad_(pad), unknown_(unknown), form_(form) {
  const auto check = [&](const std::string& name, int64_t id) {
    if (id < 0 || id > INT32_MAX) bad_input("{}: the token '{}' has the id {}, out of range", where, printable(name), id);
    size_ = std::max(size_, id + 1);
    names_[id] = name;
  };
  for (const auto& [name, id] : vocabulary) check(name, id);
  for (const AddedToken& t : added_.all()) check(t.content, t.id);
  const auto id_of = [&](const std::string& name) {
    const auto it = vocabulary.find(name);
    return it == vocabulary.end() ? -1 : it->second;
  };
  int64_t rank = 0;
  merges_.reserve(merges.size());
  for (const auto& [left, right] : merges) {
    const int64_t l = id_of(left), r = id_of(right), both = id_of(left + right);
    if (l < 0 || r < 0 || both < 0)
      bad_input("{}: merge {} ('{}' with '{}') uses or makes a token that is not in the vocabulary", where, rank + 1, printable(left), printable(right));
    merges_.emplace(static_cast<uint64_t>(l) << 32 | static_cast<uint64_t>(r), Merge{rank++, both});
  }
  const std::vector<std::string> names = byte_names();
  for (size_t b = 0; b < 256; b++) {
    byte_id_[b] = id_of(names[b]);
    last_byte_id_[b] = id_of(names[b] + std::string(end_of_word));
  }
}

std::string BytePairTokenizer::piece(int64_t id) const {
  const auto it = names_.find(id);
  return it == names_.end() ? "" : it->second;
}

std::vector<int64_t> BytePairTokenizer::encode(std::string_view text) const {
  if (const size_t bad = find_invalid_utf8(text); bad != std::string_view::npos)
    bad_input("the text '{}' is not UTF-8 at byte {}", printable(text, 40), bad);
  std::vector<int64_t> ids;
  if (start_ >= 0) ids.push_back(start_);
  if (form_ == TextForm::openai) {
    encode_stretch(text, ids);  // its special tokens are part of the pattern
  } else {
    added_.split(text, false, [&](int64_t id) { ids.push_back(id); }, [&](std::string_view between) { encode_stretch(between, ids); });
  }
  ids.push_back(end_);
  return ids;
}

void BytePairTokenizer::encode_stretch(std::string_view text, std::vector<int64_t>& ids) const {
  const CodePoints points = code_points_of(text, "text");
  const auto cut = [&](const CodePoints& normal) {
    for (const std::string& p : split_clip_pattern(normal, form_)) {
      const AddedToken* special = form_ == TextForm::openai ? added_.find(p) : nullptr;
      if (special) ids.push_back(special->id);
      else encode_piece(p, ids);
    }
  };
  if (form_ == TextForm::openai) return cut(normalize_openai(points));
  const std::string normal = to_utf8(normalize_hf(points));
  added_.split(normal, true, [&](int64_t id) { ids.push_back(id); }, [&](std::string_view between) { cut(code_points_of(between, "text")); });
}

void BytePairTokenizer::encode_piece(std::string_view bytes, std::vector<int64_t>& ids) const {
  // A linked list of symbols and a queue of the possible merges, lowest rank first, leftmost among equals: O(n log n),
  // so that a megabyte of punctuation is no attack.
  struct Symbol {
    int64_t id;
    int32_t before, next;
    bool alive;
  };
  struct Candidate {
    int64_t rank;
    int32_t at;
    int64_t left, right, result;
    bool operator<(const Candidate& o) const { return rank != o.rank ? rank > o.rank : at > o.at; }
  };
  const int32_t n = static_cast<int32_t>(bytes.size());
  std::vector<Symbol> symbols(bytes.size());
  for (int32_t i = 0; i < n; i++) {
    const size_t b = static_cast<uint8_t>(bytes[static_cast<size_t>(i)]);
    const int64_t id = i + 1 < n ? byte_id_[b] : last_byte_id_[b];
    symbols[static_cast<size_t>(i)] = {id, i - 1, i + 1 < n ? i + 1 : -1, true};
  }
  std::priority_queue<Candidate> queue;
  const auto consider = [&](int32_t at) {
    if (at < 0) return;
    const Symbol& s = symbols[static_cast<size_t>(at)];
    if (s.next < 0) return;
    const int64_t right = symbols[static_cast<size_t>(s.next)].id;
    if (s.id < 0 || right < 0) return;
    const auto it = merges_.find(static_cast<uint64_t>(s.id) << 32 | static_cast<uint64_t>(right));
    if (it != merges_.end()) queue.push({it->second.rank, at, s.id, right, it->second.result});
  };
  for (int32_t i = 0; i + 1 < n; i++) consider(i);
  while (!queue.empty()) {
    const Candidate c = queue.top();
    queue.pop();
    Symbol& left = symbols[static_cast<size_t>(c.at)];
    if (!left.alive || left.id != c.left || left.next < 0 || symbols[static_cast<size_t>(left.next)].id != c.right) continue;  // outdated
    Symbol& right = symbols[static_cast<size_t>(left.next)];
    left.id = c.result;
    right.alive = false;
    left.next = right.next;
    if (left.next >= 0) symbols[static_cast<size_t>(left.next)].before = c.at;
    consider(left.before);
    consider(c.at);
  }
  for (int32_t i = n ? 0 : -1; i >= 0; i = symbols[static_cast<size_t>(i)].next) {
    const int64_t id = symbols[static_cast<size_t>(i)].id;
    if (id >= 0) ids.push_back(id);
    else if (unknown_ >= 0) ids.push_back(unknown_);
  }
}

}  // namespace ceir
