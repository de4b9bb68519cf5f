#include "models/pipeline/rows.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "tensor/io/file.h"
#include "tensor/io/json.h"
#include "tensor/io/npy.h"

namespace ceir {
namespace {

// Length of the UTF-8 sequence at s[i], or 0 when it is not one.
size_t utf8_length(const std::string& s, size_t i) {
  const auto byte = [&](size_t k) { return k < s.size() ? static_cast<unsigned char>(s[k]) : 0u; };
  const unsigned a = byte(i), b = byte(i + 1);
  const auto tail = [&](size_t n) {
    for (size_t k = 1; k < n; k++)
      if ((byte(i + k) & 0xc0) != 0x80) return size_t{0};
    return n;
  };
  if (a < 0x80) return 1;
  if (a >= 0xc2 && a <= 0xdf) return tail(2);
  if (a == 0xe0 && b < 0xa0) return 0;
  if (a == 0xed && b > 0x9f) return 0;
  if (a >= 0xe0 && a <= 0xef) return tail(3);
  if (a == 0xf0 && b < 0x90) return 0;
  if (a == 0xf4 && b > 0x8f) return 0;
  if (a >= 0xf0 && a <= 0xf4) return tail(4);
  return 0;
}

}  // namespace

std::string path_line(const std::string& path) {
  bool plain = !path.starts_with('"');
  for (size_t i = 0; i < path.size() && plain;) {
    const size_t n = utf8_length(path, i);
    plain = n > 0 && path[i] != '\n' && path[i] != '\r';
    i += n;
  }
  if (plain) return path;
  std::string line = "\"";
  for (size_t i = 0; i < path.size();) {
    const size_t n = utf8_length(path, i);
    const auto c = static_cast<unsigned char>(path[i]);
    if (n == 0) line += fmt::format("\\udc{:02x}", c);
    else if (n > 1) line += path.substr(i, n);
    else if (c == '"' || c == '\\') line += {'\\', path[i]};
    else if (c < 0x20) line += fmt::format("\\u{:04x}", c);
    else line += path[i];
    i += std::max<size_t>(n, 1);
  }
  return line + "\"";
}

std::string path_from_line(const std::string& line) {
  if (!line.starts_with('"')) return line;
  std::string path;
  for (size_t i = 1; i + 1 < line.size(); i++) {
    if (line[i] != '\\') { path += line[i]; continue; }
    i++;
    if (line[i] != 'u' || i + 4 >= line.size()) { path += line[i]; continue; }
    const unsigned code = static_cast<unsigned>(std::strtoul(line.substr(i + 1, 4).c_str(), nullptr, 16));
    path += static_cast<char>(code & 0xff);  // path_line writes only control characters and \udcNN this way
    i += 4;
  }
  return path;
}

bool Rows::has_split() const {
  return std::ranges::find(splits, Split::train) != splits.end() && std::ranges::find(splits, Split::test) != splits.end();
}

namespace {
std::vector<int64_t> of_split(const Rows& r, Split s) {
  std::vector<int64_t> rows;
  const bool all = !r.has_split();
  for (int64_t i = 0; i < r.size(); i++)
    if (all || r.splits[static_cast<size_t>(i)] == s) rows.push_back(i);
  return rows;
}
}  // namespace

std::vector<int64_t> Rows::training_rows() const { return of_split(*this, Split::train); }
std::vector<int64_t> Rows::test_rows() const { return of_split(*this, Split::test); }

Rows rows_of(const ImageSet& set, const std::vector<int64_t>& good, const std::vector<std::pair<int64_t, std::string>>& skipped) {
  Rows rows;
  rows.classes = set.classes();
  for (const int64_t i : good) {
    rows.paths.push_back(set.path(i));
    rows.splits.push_back(set.split(i));
    if (!rows.classes.empty()) rows.labels.push_back(set.label(i));
  }
  for (const auto& [i, reason] : skipped) rows.skipped.push_back({set.path(i), reason});
  return rows;
}

void write_rows(const std::string& base, const Rows& rows) {
  const auto lines = [](const std::vector<std::string>& all, auto&& line) {
    std::string text;
    for (const auto& s : all) text += line(s) + "\n";
    return text;
  };
  write_file(base + ".paths.txt", lines(rows.paths, path_line));
  const auto remove = [&](const char* suffix) { std::filesystem::remove(base + suffix); };
  if (!rows.classes.empty()) {
    write_npy(base + ".labels.npy", Tensor::from(rows.labels, {rows.size()}));
    write_file(base + ".classes.txt", lines(rows.classes, path_line));
  } else {
    remove(".labels.npy"), remove(".classes.txt");
  }
  if (rows.has_split()) {
    std::string text;
    for (const Split s : rows.splits) text += s == Split::train ? "train\n" : "test\n";
    write_file(base + ".splits.txt", text);
  } else {
    remove(".splits.txt");
  }
  if (!rows.skipped.empty()) {
    std::string text;
    for (const auto& s : rows.skipped) text += Json::object().set("path", s.path).set("reason", s.reason).dump() + "\n";
    write_file(base + ".skipped.jsonl", text);
  } else {
    remove(".skipped.jsonl");
  }
}

Rows read_rows(const std::string& base) {
  namespace fs = std::filesystem;
  Rows rows;
  for (const auto& line : read_lines(base + ".paths.txt")) rows.paths.push_back(path_from_line(line));
  rows.splits.assign(rows.paths.size(), Split::none);
  if (fs::exists(base + ".classes.txt")) {
    for (const auto& line : read_lines(base + ".classes.txt")) rows.classes.push_back(path_from_line(line));
    const Tensor labels = read_npy(base + ".labels.npy").to(DType::i64);
    if (labels.numel() != rows.size())
      bad_input("{}.labels.npy has {} entries for {} paths", base, labels.numel(), rows.size());
    rows.labels.assign(labels.span<int64_t>().begin(), labels.span<int64_t>().end());
    for (const int64_t label : rows.labels)
      if (label < -1 || label >= static_cast<int64_t>(rows.classes.size()))
        bad_input("{}.labels.npy: class {} of {} in {}.classes.txt", base, label, rows.classes.size(), base);
  }
  if (fs::exists(base + ".splits.txt")) {
    const auto lines = read_lines(base + ".splits.txt");
    if (lines.size() != rows.paths.size()) bad_input("{}.splits.txt has {} lines for {} paths", base, lines.size(), rows.size());
    for (size_t i = 0; i < lines.size(); i++) rows.splits[i] = lines[i] == "train" ? Split::train : Split::test;
  }
  return rows;
}

Tensor take_rows(const Tensor& x, const std::vector<int64_t>& indices) {
  const Tensor source = x.contiguous();
  Tensor y = Tensor::empty(x.shape().with(0, static_cast<int64_t>(indices.size())), x.dtype());
  const auto row_bytes = static_cast<size_t>(x.dim(0) ? x.bytes() / x.dim(0) : 0);
  for (size_t i = 0; i < indices.size(); i++)
    std::memcpy(y.bytes_begin() + i * row_bytes, source.bytes_begin() + static_cast<size_t>(indices[i]) * row_bytes, row_bytes);
  return y;
}

std::vector<int64_t> take(const std::vector<int64_t>& values, const std::vector<int64_t>& indices) {
  std::vector<int64_t> out;
  out.reserve(indices.size());
  for (const int64_t i : indices) out.push_back(values[static_cast<size_t>(i)]);
  return out;
}

}  // namespace ceir
