#include "tools/texts.h"

#include <cstdio>

#include "kernels/base/error.h"
#include "tensor/io/file.h"
#include "tensor/io/json.h"

namespace ceir {

std::vector<std::string> read_texts(const std::string& path) {
  std::vector<std::string> lines;
  if (path == "-") {
    std::string all;
    char buffer[65536];
    for (size_t n; (n = std::fread(buffer, 1, sizeof buffer, stdin)) > 0;) all.append(buffer, n);
    for (size_t at = 0; at < all.size();) {
      size_t end = all.find('\n', at);
      if (end == std::string::npos) end = all.size();
      lines.push_back(all.substr(at, end - at));
      if (!lines.back().empty() && lines.back().back() == '\r') lines.back().pop_back();
      at = end + 1;
    }
  } else {
    lines = read_lines(path);
  }
  if (!path.ends_with(".jsonl")) return lines;
  std::vector<std::string> texts;
  for (size_t i = 0; i < lines.size(); i++) {
    const std::string where = fmt::format("{}, line {}", path, i + 1);
    const Json json = Json::parse(lines[i], where);
    texts.push_back(json.is_object() ? json.at("text", where).as_string(where) : json.as_string(where));
  }
  return texts;
}

}  // namespace ceir
