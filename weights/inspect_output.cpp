// A description as a table for people and as JSON for programs.
#include <algorithm>
#include <filesystem>
#include <set>
#include <string_view>

#include "kernels/base/error.h"
#include "tensor/io/utf8.h"
#include "weights/inspect.h"

namespace ceir {
namespace {

std::string human_bytes(int64_t bytes) {
  if (bytes < 10'000) return fmt::format("{} bytes", bytes);
  double v = static_cast<double>(bytes);
  for (const char* unit : {"kB", "MB", "GB"}) {
    v /= 1000;
    if (v < 1000 || unit[0] == 'G') return fmt::format("{:.1f} {}", v, unit);
  }
  return "";
}

size_t width_of(std::string_view s) {
  size_t n = 0;
  while (!s.empty()) next_code_point(s), n++;
  return n;
}

std::string number(const std::optional<double>& v) { return v ? fmt::format("{:.6g}", *v) : "-"; }

// Columns padded to their widest entry; the last one is not padded.
std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows)
    for (size_t i = 0; i < row.size(); i++) {
      if (widths.size() <= i) widths.push_back(0);
      widths[i] = std::max(widths[i], width_of(row[i]));
    }
  std::string out;
  for (const auto& row : rows) {
    std::string line = "  ";
    for (size_t i = 0; i < row.size(); i++) line += row[i] + (i + 1 < row.size() ? std::string(widths[i] - width_of(row[i]) + 2, ' ') : "");
    out += line + "\n";
  }
  return out;
}

std::string shown(const Json& v) { return v.is_string() ? printable(v.as_string(""), 200) : v.dump(); }

}  // namespace

std::string Description::text() const {
  std::string out = fmt::format("{}: {}, {}\n", path, kind, human_bytes(bytes));
  std::vector<std::vector<std::string>> rows;
  for (const auto& [key, value] : facts) rows.push_back({key, shown(value)});
  if (!sha256.empty()) rows.push_back({"sha256", sha256});
  for (const auto& [key, value] : metadata) rows.push_back({"metadata " + printable(key, 60), printable(value, 120)});
  out += table(rows);
  if (!tensors.empty()) {
    const bool full = tensors[0].statistics.has_value();
    rows.clear();
    rows.push_back({"tensor", "type", "shape", "bytes"});
    if (full) rows[0].insert(rows[0].end(), {"least", "largest", "NaN", "infinite", "sha256"});
    for (const TensorDescription& t : tensors) {
      rows.push_back({t.name.empty() ? "(array)" : printable(t.name, 120), t.dtype, t.shape.str(), std::to_string(t.bytes)});
      if (!t.statistics) continue;
      const TensorStatistics& s = *t.statistics;
      rows.back().insert(rows.back().end(), {number(s.least), number(s.largest), std::to_string(s.nan_count), std::to_string(s.infinite_count), s.sha256});
    }
    out += table(rows);
  }
  for (const Description& f : files) {
    std::string what;
    for (const auto& [key, value] : f.facts)
      if (what.size() < 100) what += fmt::format(", {} {}", key, shown(value));
    if (f.kind == "npy array" && !f.tensors.empty()) what += fmt::format(", {} {}", f.tensors[0].dtype, f.tensors[0].shape.str());
    out += fmt::format("  {}: {}, {}{}\n", std::filesystem::path(f.path).filename().string(), f.kind, human_bytes(f.bytes), what);
  }
  return out;
}

Json Description::json() const {
  Json j = Json::object();
  j.set("path", path).set("kind", kind).set("bytes", bytes);
  if (!sha256.empty()) j.set("sha256", sha256);
  for (const auto& [key, value] : facts) {
    std::string name = key;
    std::ranges::replace(name, ' ', '_');
    if (!j.has(name)) j.set(name, value);
  }
  if (!metadata.empty()) {
    Json m = Json::object();
    std::set<std::string_view> seen;
    for (const auto& [key, value] : metadata) seen.insert(key).second ? m.append(key, value) : m.set(key, value);
    j.set("metadata", std::move(m));
  }
  if (!tensors.empty() || kind == "safetensors") {
    Json list = Json::array();
    for (const TensorDescription& t : tensors) {
      Json shape = Json::array();
      for (const int64_t n : t.shape) shape.push(n);
      Json entry = Json::object();
      if (!t.name.empty() || kind != "npy array") entry.set("name", t.name);
      entry.set("dtype", t.dtype).set("shape", std::move(shape)).set("bytes", t.bytes);
      if (t.statistics) {
        const TensorStatistics& s = *t.statistics;
        entry.set("min", s.least ? Json(*s.least) : Json()).set("max", s.largest ? Json(*s.largest) : Json());
        entry.set("nan", s.nan_count).set("infinite", s.infinite_count).set("sha256", s.sha256);
      }
      list.push(std::move(entry));
    }
    j.set("tensors", std::move(list));
  }
  if (!files.empty()) {
    Json list = Json::array();
    for (const Description& f : files) list.push(f.json());
    j.set("files", std::move(list));
  }
  return j;
}

}  // namespace ceir
