#include "tensor/io/utf8.h"

#include "kernels/base/error.h"

namespace ceir {

int32_t next_code_point(std::string_view& text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  size_t length = 1;
  int32_t c = first, least = 0;
  if (first >= 0xf0 && first < 0xf5) length = 4, c = first & 7, least = 0x10000;
  else if (first >= 0xe0 && first < 0xf0) length = 3, c = first & 15, least = 0x800;
  else if (first >= 0xc2 && first < 0xe0) length = 2, c = first & 31, least = 0x80;
  else if (first >= 0x80) length = 0;
  bool good = length != 0 && length <= text.size();
  for (size_t i = 1; good && i < length; i++) {
    good = (byte(i) & 0xc0) == 0x80;
    c = c << 6 | (byte(i) & 63);
  }
  good = good && c >= least && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
  text.remove_prefix(good ? length : 1);
  return good ? c : -1;
}

size_t find_invalid_utf8(std::string_view text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    if (static_cast<uint8_t>(rest[0]) < 0x80) {
      rest.remove_prefix(1);
      continue;
    }
    const size_t at = text.size() - rest.size();
    if (next_code_point(rest) < 0) return at;
  }
  return std::string_view::npos;
}

void append_utf8(std::string& out, uint32_t c) {
  const auto put = [&](uint32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6), put(0x80 | (c & 63));
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12), put(0x80 | (c >> 6 & 63)), put(0x80 | (c & 63));
  } else {
    put(0xf0 | c >> 18), put(0x80 | (c >> 12 & 63)), put(0x80 | (c >> 6 & 63)), put(0x80 | (c & 63));
  }
}

std::string to_utf8(const std::vector<uint32_t>& code_points) {
  std::string out;
  for (const uint32_t c : code_points) append_utf8(out, c);
  return out;
}

std::vector<uint32_t> code_points_of(std::string_view text, std::string_view what) {
  std::vector<uint32_t> out;
  out.reserve(text.size());
  for (std::string_view rest = text; !rest.empty();) {
    const size_t at = text.size() - rest.size();
    const int32_t c = next_code_point(rest);
    if (c < 0) bad_input("{}: not UTF-8 at byte {}; save the text as UTF-8", what, at);
    out.push_back(static_cast<uint32_t>(c));
  }
  return out;
}

std::string replace_invalid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const int32_t c = next_code_point(text);
    append_utf8(out, c < 0 ? 0xfffd : static_cast<uint32_t>(c));
  }
  return out;
}

std::string printable(std::string_view text, size_t longest) {
  std::string out;
  for (size_t n = 0; !text.empty(); n++) {
    if (n == longest) return out + "...";
    const uint8_t first = static_cast<uint8_t>(text[0]);
    const int32_t c = next_code_point(text);
    if (c < 0) out += fmt::format("\\x{:02x}", first);
    else if (c < 32 || (c >= 127 && c < 160)) out += fmt::format("\\u{:04x}", c);
    else append_utf8(out, static_cast<uint32_t>(c));
  }
  return out;
}

}  // namespace ceir
