#include "tensor/io/sentencepiece_file.h"

#include <cmath>
#include <unordered_set>

#include "kernels/base/error.h"
#include "tensor/io/protobuf.h"
#include "tensor/io/utf8.h"

namespace ceir {
namespace {

uint32_t word_at(std::string_view s, size_t at) {
  uint32_t w = 0;
  for (size_t i = 0; i < 4; i++) w |= static_cast<uint32_t>(static_cast<uint8_t>(s[at + i])) << (8 * i);
  return w;
}

// 4 bytes length of the double array, the array, then zero-terminated replacements. A unit of the array holds a
// label or (topmost bit) a value, a flag "has a leaf", and the distance to its children: child = unit ^ offset ^ label.
void check_character_map(std::string_view map, std::string_view where) {
  if (map.empty()) return;
  const auto wrong = [&](const char* what) { bad_input("{}: its character map {}", where, what); };
  if (map.size() < 4) wrong("is cut short");
  const uint32_t length = word_at(map, 0);
  if (length > map.size() - 4 || length % 4 != 0 || length < 1024) wrong("has a length that does not fit");
  const std::string_view texts = map.substr(4 + length);
  if (texts.empty() || texts.back() != '\0') wrong("has replacements without an end");
  const uint32_t units = length / 4;
  for (uint32_t i = 0; i < units; i++) {
    const uint32_t unit = word_at(map, 4 + 4 * size_t{i});
    if (unit >> 31) {
      if ((unit & 0x7fffffff) >= texts.size()) wrong("points at a replacement that is not there");
      continue;
    }
    const uint32_t offset = unit >> 10 << ((unit & (1u << 9)) >> 6), child = i ^ offset;
    if ((child | 0xff) >= units) wrong("points outside itself");
    if (unit & (1u << 8) && !(word_at(map, 4 + 4 * size_t{child}) >> 31)) wrong("has a leaf without a value");
  }
}

}  // namespace

SentencePieceSummary check_sentencepiece(std::string_view bytes, std::string_view where) {
  static constexpr const char* model_types[] = {"", "unigram", "bpe", "word", "char"};
  SentencePieceSummary s;
  std::unordered_set<std::string_view> seen;
  ProtoReader model(bytes, where);
  while (model.next()) {
    if (model.field() == 1) {
      std::string_view piece;
      float score = 0;
      uint64_t type = 1;
      for (ProtoReader p(model.bytes(), where); p.next();) {
        if (p.field() == 1) piece = p.bytes();
        if (p.field() == 2) score = p.float32();
        if (p.field() == 3) type = p.varint();
      }
      if (piece.empty() || !is_utf8(piece) || piece.find('\0') != std::string_view::npos) bad_input("{}: piece {} is empty or not text", where, s.pieces);
      if (!seen.insert(piece).second) bad_input("{}: the piece '{}' stands there twice", where, printable(piece));
      if (!std::isfinite(score)) bad_input("{}: the piece '{}' has a score that is not a number", where, printable(piece));
      if (type == 2) {
        if (s.unknown_id >= 0) bad_input("{}: has several pieces for unknown text", where);
        s.unknown_id = s.pieces;
      }
      s.pieces++;
    } else if (model.field() == 2) {
      for (ProtoReader p(model.bytes(), where); p.next();)
        if (p.field() == 3) {
          if (p.varint() < 1 || p.varint() > 4) bad_input("{}: has the unknown model type {}", where, p.varint());
          s.model_type = model_types[p.varint()];
        }
    } else if (model.field() == 3) {
      for (ProtoReader p(model.bytes(), where); p.next();) {
        if (p.field() == 1) s.normalization = printable(p.bytes());
        if (p.field() == 2) check_character_map(p.bytes(), where);
      }
    }
  }
  if (s.pieces == 0) bad_input("{}: not a SentencePiece model: it has no pieces", where);
  if (s.unknown_id < 0) bad_input("{}: has no piece for unknown text", where);
  return s;
}

}  // namespace ceir
