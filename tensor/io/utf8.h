// UTF-8 (RFC 3629): checking, decoding, and making arbitrary bytes fit to be shown.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ceir {

// One code point from the front of `text`, which shrinks by its bytes. Returns -1, taking one byte, where the text is
// not UTF-8 (overlong forms, surrogates and values above U+10FFFF are not). `text` may not be empty.
int32_t next_code_point(std::string_view& text);

// Position of the first byte that is not UTF-8, or npos.
size_t find_invalid_utf8(std::string_view text);
inline bool is_utf8(std::string_view text) { return find_invalid_utf8(text) == std::string_view::npos; }

void append_utf8(std::string& out, uint32_t code_point);
std::string to_utf8(const std::vector<uint32_t>& code_points);

// Code points of `text`; throws Error(bad_input) with the position of a byte that is not UTF-8. `what` begins the message.
std::vector<uint32_t> code_points_of(std::string_view text, std::string_view what);

// Every byte that is not UTF-8 replaced by U+FFFD.
std::string replace_invalid_utf8(std::string_view text);

// For error messages: control characters and invalid bytes escaped, at most `longest` characters, "..." where cut.
std::string printable(std::string_view text, size_t longest = 80);

}  // namespace ceir
