// What IMAGES can be, in the order in which it is looked at.
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "data/image_files.h"
#include "data/image_set.h"
#include "data/record_set.h"
#include "data/scenes/scenes.h"
#include "tensor/io/file.h"

namespace ceir {
namespace {

// A whole number of decimal digits.
bool parse_number(std::string_view text, uint64_t& value) {
  if (text.empty() || text.size() > 20) return false;
  value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return false;
    uint64_t next;
    if (__builtin_mul_overflow(value, uint64_t{10}, &next) || __builtin_add_overflow(next, static_cast<uint64_t>(c - '0'), &value)) return false;
  }
  return true;
}

std::unique_ptr<ImageSet> open_scenes(const std::string& what) {
  const std::string_view rest = std::string_view(what).substr(7);
  const size_t colon = rest.find(':');
  uint64_t n = 0, seed = 42;
  if (!parse_number(rest.substr(0, colon), n) || (colon != std::string_view::npos && !parse_number(rest.substr(colon + 1), seed)))
    usage_error("'{}' is not scenes:N or scenes:N:SEED with whole numbers, as in scenes:8000:42", what);
  constexpr uint64_t most = 1'000'000'000;
  if (n < 4 || n % 4 != 0 || n > most)
    usage_error("'{}': N must be a multiple of 4 from 4 to {} (three quarters are for training, one for test)", what, most);
  return scenes::image_set(static_cast<int64_t>(n / 4 * 3), static_cast<int64_t>(n / 4), seed);
}

std::unique_ptr<ImageSet> open_stdin(bool nul_separated) {
  std::string text;
  char buffer[1 << 16];
  for (size_t n; (n = std::fread(buffer, 1, sizeof buffer, stdin)) > 0;) {
    text.append(buffer, n);
    if (text.size() > size_t{1} << 30) bad_input("standard input: more than 1 GiB of paths");
  }
  const char end = nul_separated ? '\0' : '\n';
  FileList files;
  files.name = "stdin";
  for (size_t at = 0; at < text.size();) {
    const size_t stop = std::min(text.find(end, at), text.size());
    std::string path = text.substr(at, stop - at);
    if (!nul_separated && path.ends_with('\r')) path.pop_back();
    if (path.find('\0') != std::string::npos) bad_input("standard input: a path with a NUL byte; for NUL-separated paths give -0");
    if (!path.empty()) files.paths.push_back(std::move(path));
    at = stop + 1;
  }
  if (files.paths.empty()) bad_input("standard input: no paths (expected one a line, or NUL-separated with -0)");
  return file_set(std::move(files));
}

// The folder itself, or the one that unpacking the original archive makes in it.
std::string unpacked(const std::string& folder, const char* name) {
  const std::string inner = folder + "/" + name;
  return is_folder(inner) ? inner : folder;
}

std::unique_ptr<ImageSet> open_path(const std::string& what, const ImageSetOptions& options) {
  if (!is_folder(what)) {
    if (!is_file(what)) {
      if (std::FILE* f = std::fopen(what.c_str(), "rb")) std::fclose(f);
      else bad_input("{}: cannot be read ({})", what, std::strerror(errno));
      bad_input("{}: is neither a file nor a folder", what);
    }
    if (!options.kind.empty() && options.kind != "images") bad_input("{}: is a file, but --dataset {} needs the folder with its binary files", what, options.kind);
    if (what.ends_with(".tar.gz") || what.ends_with(".tgz") || what.ends_with(".tar"))
      bad_input("{}: this is an archive; unpack it first (tar xf) and name the folder", what);
    FileList one;
    one.name = last_component(what);
    one.root = what.substr(0, what.rfind('/') + 1);
    if (const size_t dot = one.name.rfind('.'); dot != std::string::npos && dot > 0) one.name.resize(dot);
    one.paths.push_back(what);
    return file_set(std::move(one));
  }
  const std::string ten = unpacked(what, "cifar-10-batches-bin"), hundred = unpacked(what, "cifar-100-binary"), stl = unpacked(what, "stl10_binary");
  const std::string& kind = options.kind;
  if (kind == "cifar10" || (kind.empty() && looks_like_cifar10(ten))) return open_cifar10(ten);
  if (kind == "stl10" || (kind.empty() && looks_like_stl10(stl))) return open_stl10(stl);
  if (kind == "cifar100" || (kind.empty() && looks_like_cifar100(hundred))) return open_cifar100(hundred, options.labels == "coarse");
  return open_folder(what);
}

}  // namespace

std::unique_ptr<ImageSet> open_images(const std::string& what, const ImageSetOptions& options) {
  const std::string& kind = options.kind;
  if (!kind.empty() && kind != "images" && kind != "cifar10" && kind != "cifar100" && kind != "stl10")
    usage_error("--dataset {}: expected images, cifar10, cifar100 or stl10", kind);
  if (options.split != "all" && options.split != "train" && options.split != "test") usage_error("--split {}: expected train, test or all", options.split);
  if (options.labels != "fine" && options.labels != "coarse") usage_error("--labels {}: expected fine or coarse", options.labels);
  if (what.empty()) usage_error("no images named: give a file, a folder, a data set's folder, scenes:N, or - for paths on standard input");
  const bool listed = what == "-" || what.starts_with("scenes:");
  if (listed && !kind.empty() && kind != "images") usage_error("--dataset {} does not fit '{}'", kind, what);
  std::unique_ptr<ImageSet> set = what == "-" ? open_stdin(options.nul_separated) : listed ? open_scenes(what) : open_path(what, options);
  if (options.labels == "coarse" && set->name() != "cifar100-20") usage_error("--labels coarse: only CIFAR-100 has coarse labels, '{}' has not", what);
  if (options.split == "all") return set;
  return split_of(std::move(set), options.split == "train" ? Split::train : Split::test);
}

}  // namespace ceir
