#include "data/captions.h"

#include <charconv>
#include <filesystem>

#include "data/scenes/scenes.h"
#include "kernels/base/error.h"
#include "tensor/io/file.h"
#include "tensor/io/json.h"
#include "tensor/io/sha256.h"

namespace ceir {
namespace {

namespace fs = std::filesystem;

class SceneStream : public CaptionedPictures {
 public:
  SceneStream(int64_t pictures, uint64_t seed) : pictures_(pictures), seed_(seed) {}
  int64_t size() const override { return pictures_; }
  CaptionedPicture load(int64_t i, int captions) const override {
    CaptionedPicture p;
    p.captions = scenes::draw_captioned(seed_, static_cast<uint64_t>(i), captions, p.image);
    return p;
  }
  std::string caption(int64_t i) const override { return scenes::draw(seed_, static_cast<uint64_t>(i)).caption; }
  std::string name() const override { return "scenes"; }
  std::string content_key() const override { return fmt::format("scenes version {} seed {} pictures {}", scenes::World::version, seed_, pictures_); }

 private:
  int64_t pictures_;
  uint64_t seed_;
};

class StoredPictures : public CaptionedPictures {
 public:
  std::string folder, label;
  std::vector<std::string> paths, captions;
  std::string hash;  // of the list; pictures count by size and time

  int64_t size() const override { return static_cast<int64_t>(paths.size()); }
  CaptionedPicture load(int64_t i, int) const override {
    return {load_image((fs::path(folder) / paths[static_cast<size_t>(i)]).string()), {captions[static_cast<size_t>(i)]}};
  }
  std::string caption(int64_t i) const override { return captions[static_cast<size_t>(i)]; }
  std::string name() const override { return label; }
  std::string content_key() const override {
    Sha256 sha;
    sha.update(hash);
    std::error_code error;
    for (const std::string& p : paths) {
      const fs::path path = fs::path(folder) / p;
      const auto bytes = fs::file_size(path, error);
      const auto time = fs::last_write_time(path, error).time_since_epoch().count();
      sha.update(fmt::format("{} {} {}\n", p, bytes, time));
    }
    return sha.hex();
  }
};

// One row of a .csv or .tsv: fields in double quotes may hold the separator; "" inside them is a quote.
std::vector<std::string> fields_of(const std::string& line, char separator, const std::string& where) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (size_t i = 0; i < line.size(); i++) {
    const char c = line[i];
    if (quoted) {
      if (c != '"') fields.back() += c;
      else if (i + 1 < line.size() && line[i + 1] == '"') fields.back() += line[++i];
      else quoted = false;
    } else if (c == '"' && fields.back().empty()) {
      quoted = true;
    } else if (c == separator) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  if (quoted) bad_input("{}: a quoted field does not end on its line", where);
  return fields;
}

std::unique_ptr<CaptionedPictures> open_list(const std::string& path, const std::string& format, bool training_rows_only) {
  auto set = std::make_unique<StoredPictures>();
  set->folder = fs::path(path).parent_path().string();
  set->label = fs::path(path).stem().string();
  const std::vector<std::string> lines = read_lines(path);
  Sha256 sha;
  for (size_t i = 0; i < lines.size(); i++) {
    if (lines[i].empty()) continue;
    sha.update(lines[i]);
    const std::string where = fmt::format("{}: line {}", path, i + 1);
    std::string picture, caption;
    if (format == ".jsonl") {
      const Json row = Json::parse(lines[i], where);
      picture = row.at("path", where).as_string(where + ": path");
      caption = row.at("caption", where).as_string(where + ": caption");
    } else {
      const std::vector<std::string> row = fields_of(lines[i], format == ".csv" ? ',' : '\t', where);
      if (row.size() < 2) bad_input("{}: expected a path and a caption, found {} field", where, row.size());
      if (i == 0 && (row[0] == "path" || row[0] == "image" || row[0] == "filepath")) continue;
      picture = row[0], caption = row[1];
    }
    if (training_rows_only && !picture.starts_with("train/")) continue;
    if (picture.empty()) bad_input("{}: the path is empty", where);
    set->paths.push_back(picture);
    set->captions.push_back(caption);
  }
  if (set->paths.empty()) bad_input("{}: names no pictures{}", path, training_rows_only ? " below train/" : "");
  set->hash = sha.hex();
  return set;
}

int64_t whole_number(std::string_view text, const std::string& data) {
  int64_t v = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
  if (error != std::errc() || end != text.data() + text.size() || v < 0)
    usage_error("{}: '{}' is not a whole number; write scenes:N or scenes:N:SEED", data, text);
  return v;
}

}  // namespace

std::unique_ptr<CaptionedPictures> open_captions(const std::string& data) {
  if (data.starts_with("scenes:")) {
    const std::string_view rest = std::string_view(data).substr(7);
    const size_t colon = rest.find(':');
    const int64_t all = whole_number(rest.substr(0, colon), data);
    const int64_t seed = colon == std::string_view::npos ? 42 : whole_number(rest.substr(colon + 1), data);
    if (all * 3 / 4 < 1 || all > scenes::World::limit) usage_error("{}: expected 2 to {} pictures", data, scenes::World::limit);
    return std::make_unique<SceneStream>(all * 3 / 4, static_cast<uint64_t>(seed));
  }
  const std::string truth = (fs::path(data) / "truth.jsonl").string();
  if (fs::is_directory(data)) {
    if (!fs::exists(truth)) bad_input("{}: has no truth.jsonl; `ceir scenes --out` makes a folder with one", data);
    return open_list(truth, ".jsonl", true);
  }
  const std::string format = fs::path(data).extension().string();
  if (format != ".jsonl" && format != ".csv" && format != ".tsv")
    bad_input("{}: is neither scenes:N[:SEED], a scenes folder, nor a .jsonl, .csv or .tsv of path and caption", data);
  return open_list(data, format, false);
}

}  // namespace ceir
