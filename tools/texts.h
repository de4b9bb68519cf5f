// Files of texts: one a line, or .jsonl with a string or {"text": ...} a line; "-" is stdin.
#pragma once
#include <string>
#include <vector>

namespace ceir {

// Throws Error(bad_input) naming the file and line.
std::vector<std::string> read_texts(const std::string& path);

}  // namespace ceir
