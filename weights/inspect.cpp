#include "weights/inspect.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "kernels/base/error.h"
#include "tensor/io/file.h"
#include "tensor/io/npy.h"
#include "tensor/io/sentencepiece_file.h"
#include "tensor/io/sha256.h"
#include "tensor/io/utf8.h"
#include "weights/inspect_text.h"
#include "weights/pickled.h"
#include "weights/pickled_file.h"
#include "weights/safetensors.h"
#include "weights/statistics.h"
#include "weights/weight_files.h"

namespace ceir {
namespace fs = std::filesystem;
namespace {

std::string_view as_text(std::span<const std::byte> bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

std::string name_in_folder(const std::string& path) { return fs::path(path).filename().string(); }

// "2,345,678 F16, 12 I64": elements by type.
Json count_by_type(const std::vector<TensorDescription>& tensors) {
  Json counts = Json::object();
  for (const TensorDescription& t : tensors) {
    const Json* before = counts.find(t.dtype);
    counts.set(t.dtype, (before ? before->as_int("") : 0) + t.shape.numel());
  }
  return counts;
}

void add_tensors(Description& d, const TensorFile& file, bool full, Monitor* monitor) {
  std::vector<std::byte> buffer;
  for (const TensorInfo& t : file.tensors()) {
    TensorDescription tensor{t.name, t.dtype, t.shape, t.end - t.begin, {}};
    if (full) tensor.statistics = statistics_of(file.raw(t, buffer), stored_type(t), false, t.name, monitor);
    if (full) file.forget(t);
    d.tensors.push_back(std::move(tensor));
  }
  if (const auto* safetensors = dynamic_cast<const SafetensorsFile*>(&file)) {
    std::set<std::pair<std::string, std::string>> seen(d.metadata.begin(), d.metadata.end());
    for (const auto& entry : safetensors->metadata())  // shards repeat theirs
      if (seen.insert(entry).second) d.metadata.push_back(entry);
  }
  if (const auto* pickled = dynamic_cast<const PickledFile*>(&file)) {
    if (!pickled->wrapper().empty()) d.facts.emplace_back("state dict", pickled->wrapper());
    int64_t strided = 0;
    for (const TensorInfo& t : file.tensors()) strided += pickled->strided(t);
    if (strided) d.facts.emplace_back("tensors not in C order", strided);
    for (const auto& [name, value] : pickled->integers())
      if (d.facts.size() < 24) d.facts.emplace_back(printable(name, 60), value);
  }
}

void add_counts(Description& d) {
  d.facts.emplace_back("tensors", static_cast<int64_t>(d.tensors.size()));
  int64_t elements = 0;
  for (const TensorDescription& t : d.tensors) elements += t.shape.numel();
  d.facts.emplace_back("elements", elements);
  d.facts.emplace_back("elements by type", count_by_type(d.tensors));
}

void describe_safetensors(Description& d, const std::string& path, bool full, Monitor* monitor) {
  d.kind = "safetensors";
  add_tensors(d, SafetensorsFile(path), full, monitor);
  add_counts(d);
}

// torch.save's and TorchScript's: the directory and the pickle are read, and nothing of it is run.
void describe_pickled(Description& d, const std::string& path, bool full, Monitor* monitor) {
  const PickledFile file(path);
  d.kind = file.layout_name();
  add_tensors(d, file, full, monitor);
  add_counts(d);
}

void describe_npy(Description& d, const std::string& path, std::span<const std::byte> bytes, bool full, Monitor* monitor) {
  const NpyHeader h = read_npy_header(path);
  d.kind = "npy array";
  if (h.fortran_order) d.facts.emplace_back("order", "Fortran");
  TensorDescription t{"", h.descr, h.shape, h.data_bytes, {}};
  if (full)
    t.statistics = statistics_of(bytes.subspan(static_cast<size_t>(h.data_offset), static_cast<size_t>(h.data_bytes)), h.stored, h.big_endian, d.path, monitor);
  d.tensors.push_back(std::move(t));
}

void describe_sentencepiece(Description& d, std::span<const std::byte> bytes) {
  const SentencePieceSummary s = check_sentencepiece(as_text(bytes), d.path);
  d.kind = "SentencePiece model";
  d.facts.emplace_back("pieces", s.pieces);
  d.facts.emplace_back("model type", s.model_type);
  if (!s.normalization.empty()) d.facts.emplace_back("normalization", s.normalization);
}

// The data sets' own binaries have no header: name and size tell (cs.toronto.edu/~kriz/cifar.html, STL-10's page).
bool describe_data_set(Description& d, const std::string& name) {
  struct Known {
    const char *begin, *kind;
    int64_t row_bytes;
  };
  static constexpr Known known[] = {{"data_batch_", "CIFAR-10 batch", 3073}, {"test_batch", "CIFAR-10 batch", 3073}, {"train_X", "STL-10 images", 27648},
                                    {"test_X", "STL-10 images", 27648}, {"unlabeled_X", "STL-10 images", 27648}, {"train_y", "STL-10 labels", 1},
                                    {"test_y", "STL-10 labels", 1}, {"train.bin", "CIFAR-100 images", 3074}, {"test.bin", "CIFAR-100 images", 3074}};
  if (!name.ends_with(".bin")) return false;
  for (const Known& k : known) {
    if (!name.starts_with(k.begin)) continue;
    if (d.bytes % k.row_bytes != 0)
      bad_input("{}: is named like {}, but its {} bytes are not a multiple of {}; it is cut short or something else", d.path, k.kind, d.bytes, k.row_bytes);
    d.kind = k.kind;
    d.facts.emplace_back("rows", d.bytes / k.row_bytes);
    return true;
  }
  return false;
}

bool describe_image(Description& d, std::string_view s) {
  const auto big = [&](size_t at) {
    int64_t v = 0;
    for (size_t i = 0; i < 4; i++) v = v << 8 | static_cast<uint8_t>(s[at + i]);
    return v;
  };
  if (s.starts_with("\x89PNG\r\n\x1a\n")) {
    if (s.size() < 24 || s.substr(12, 4) != "IHDR") bad_input("{}: a PNG image that is cut short in its header", d.path);
    d.kind = "PNG image";
    d.facts.emplace_back("width", big(16));
    d.facts.emplace_back("height", big(20));
  } else if (s.starts_with("\xff\xd8\xff")) {
    d.kind = "JPEG image";
  } else if (s.starts_with("BM") && s.size() > 26 && s.substr(6, 4) == std::string_view("\0\0\0\0", 4)) {
    d.kind = "BMP image";
  } else if (s.size() > 2 && s[0] == 'P' && s[1] >= '1' && s[1] <= '6' && (s[2] == '\n' || s[2] == ' ' || s[2] == '#')) {
    d.kind = "PNM image";
  }
  return !d.kind.empty();
}

Description describe_file(const std::string& path, bool full, Monitor* monitor) {
  const MappedFile file(path);
  const std::string_view text = as_text(file.bytes());
  const std::string name = name_in_folder(path);
  Description d;
  d.path = printable(path, 4096);
  d.bytes = static_cast<int64_t>(text.size());
  const bool by_name = name.ends_with(".safetensors"), pickled = looks_pickled(file.bytes());
  const bool like_safetensors = text.size() > 9 && text[8] == '{' && text.substr(4, 4) == std::string_view("\0\0\0\0", 4);
  if (text.starts_with("\x93NUMPY") || name.ends_with(".npy")) describe_npy(d, path, file.bytes(), full, monitor);
  else if (by_name || like_safetensors) describe_safetensors(d, path, full, monitor);
  else if (pickled || (named_pickled(path) && !name.ends_with(".bin"))) describe_pickled(d, path, full, monitor);
  else if (name.ends_with(".model")) describe_sentencepiece(d, file.bytes());
  else if (!describe_image(d, text) && !describe_data_set(d, name) && !describe_text(d, text, name)) {
    bad_input("{}: is of no kind that is known here (safetensors, npy, JSON, SentencePiece, text, image, data-set binary)", d.path);
  }
  if (full) d.sha256 = sha256_of_file(path);
  return d;
}

bool is_there(const fs::path& p) {
  std::error_code ignored;
  return fs::exists(p, ignored);
}

Description describe_folder(const std::string& path, bool full, Monitor* monitor) {
  Description d;
  d.path = printable(path, 4096);
  std::vector<std::string> files;
  int64_t folders = 0;
  bool weights = false, pickles = false;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path, error)) {
    const std::string name = entry.path().filename().string();
    std::error_code ignored;
    if (entry.is_directory(ignored)) folders++;
    if (!entry.is_regular_file(ignored) || name.starts_with(".")) continue;
    files.push_back(name);
    d.bytes += static_cast<int64_t>(entry.file_size(ignored));
    weights = weights || name.ends_with(".safetensors") || name.ends_with(".safetensors.index.json");
    pickles = pickles || named_pickled(name);
  }
  if (error) bad_input("{}: cannot be read: {}", d.path, error.message());
  std::ranges::sort(files);
  const fs::path folder(path);
  const bool run = is_there(folder / "run.json") || (is_there(folder / "metrics.json") && is_there(folder / "clusters.csv"));
  const bool model = !run && (is_there(folder / "config.json") || is_there(folder / "open_clip_config.json") || (weights && files.size() <= 4));
  if (model) {
    d.kind = "model folder";
    if (weights || pickles) {
      const WeightFiles all = open_any_weights(path);
      if (!weights) d.facts.emplace_back("weights", "pickled; `ceir convert` makes a folder of them that every command reads");
      for (const auto& file : all.files()) add_tensors(d, *file, full, monitor);
      std::ranges::sort(d.tensors, {}, &TensorDescription::name);
      if (all.files().size() > 1) d.facts.emplace_back("shards", static_cast<int64_t>(all.files().size()));
      add_counts(d);
    } else {
      d.facts.emplace_back("weights", "none");
    }
  } else {
    d.kind = run ? "run folder" : "folder";
    d.facts.emplace_back("files", static_cast<int64_t>(files.size()));
    d.facts.emplace_back("folders", folders);
  }
  if (!model && !run && files.size() > 64) return d;  // a folder of pictures: their number says enough
  for (const std::string& name : files) {
    if (model && (name.ends_with(".safetensors") || named_pickled(name))) continue;  // the tensors are above
    if (!model && !run) {
      try {
        d.files.push_back(describe_file(path + "/" + name, full, monitor));
      } catch (const Error& e) {
        if (e.kind() != ErrorKind::bad_input) throw;
        Description unknown;
        unknown.path = printable(path + "/" + name, 4096), unknown.kind = "not readable here";
        unknown.facts.emplace_back("why", e.what());
        d.files.push_back(std::move(unknown));
      }
      continue;
    }
    const bool ours = name.ends_with(".json") || name.ends_with(".jsonl") || name.ends_with(".npy") || name.ends_with(".safetensors") ||
                      name.ends_with(".csv") || name.ends_with(".txt") || name.ends_with(".model") || name.ends_with(".html");
    if (ours) d.files.push_back(describe_file(path + "/" + name, full, monitor));
  }
  return d;
}

}  // namespace

Description describe(const std::string& path, bool full, Monitor* monitor) {
  std::error_code ignored;
  return fs::is_directory(path, ignored) ? describe_folder(path, full, monitor) : describe_file(path, full, monitor);
}

}  // namespace ceir
