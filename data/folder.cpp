#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "data/image_files.h"
#include "kernels/base/interrupt.h"
#include "tensor/io/file.h"

namespace ceir {
namespace {

// What is read (JPEG, PNG, BMP, PNM), then what is refused by name when it is decoded.
constexpr std::string_view extensions[] = {"jpg", "jpeg", "jpe", "jfif", "png", "bmp", "dib", "pbm", "pgm", "ppm", "pnm",
                                           "gif", "webp", "tif", "tiff", "heic", "heif", "avif"};

bool is_picture_name(std::string_view name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || name.size() - dot > 6) return false;
  std::string lower(name.substr(dot + 1));
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return std::find(std::begin(extensions), std::end(extensions), lower) != std::end(extensions);
}

struct Identity {
  dev_t device;
  ino_t inode;
  bool operator==(const Identity&) const = default;
};

struct Closer {
  DIR* d;
  ~Closer() { ::closedir(d); }
};

void list(const std::string& folder, const std::string& prefix, std::vector<Identity>& ancestors, std::vector<std::string>& out) {
  throw_if_interrupted();
  DIR* d = ::opendir(folder.c_str());
  if (!d) bad_input("{}: the folder cannot be read ({})", folder, std::strerror(errno));
  std::vector<std::string> sub_folders;
  {
    const Closer closer{d};
    for (;;) {
      errno = 0;
      const dirent* e = ::readdir(d);
      if (!e) {
        if (errno) bad_input("{}: the folder cannot be read ({})", folder, std::strerror(errno));
        break;
      }
      if (e->d_name[0] == '.') continue;
      unsigned char type = e->d_type;
      if (type == DT_UNKNOWN || type == DT_LNK) {
        struct stat s;
        // A dangling link that is named like a picture is a picture that cannot be read.
        type = ::stat((folder + "/" + e->d_name).c_str(), &s) != 0 ? (type == DT_LNK ? DT_REG : DT_UNKNOWN) : S_ISDIR(s.st_mode) ? DT_DIR : S_ISREG(s.st_mode) ? DT_REG : DT_UNKNOWN;
      }
      if (type == DT_DIR) sub_folders.emplace_back(e->d_name);
      else if (type == DT_REG && is_picture_name(e->d_name)) out.push_back(prefix + e->d_name);
    }
  }
  for (const std::string& name : sub_folders) {
    const std::string path = folder + "/" + name;
    struct stat s;
    if (::stat(path.c_str(), &s) != 0) bad_input("{}: the folder cannot be read ({})", path, std::strerror(errno));
    const Identity id{s.st_dev, s.st_ino};
    if (std::find(ancestors.begin(), ancestors.end(), id) != ancestors.end()) continue;  // a link back upwards
    if (ancestors.size() > 100) bad_input("{}: folders are nested more than 100 deep", path);
    ancestors.push_back(id);
    list(path, prefix + name + "/", ancestors, out);
    ancestors.pop_back();
  }
}

std::string joined(const std::string& root, const std::string& below) {
  return root.ends_with('/') ? root + below : root + "/" + below;
}

bool all_in_sub_folders(const std::vector<std::string>& paths) {
  return std::all_of(paths.begin(), paths.end(), [](const std::string& p) { return p.find('/') != std::string::npos; });
}

std::string first_component(const std::string& path) { return path.substr(0, path.find('/')); }

void add_classes(const std::vector<std::string>& paths, std::vector<std::string>& classes) {
  for (const std::string& p : paths) classes.push_back(first_component(p));
  std::sort(classes.begin(), classes.end());
  classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
}

void append(FileList& list, const std::string& folder, const std::vector<std::string>& paths, Split split) {
  for (const std::string& p : paths) {
    list.paths.push_back(joined(folder, p));
    if (split != Split::none) list.splits.push_back(split);
    if (list.classes.empty()) continue;
    const auto at = std::lower_bound(list.classes.begin(), list.classes.end(), first_component(p));
    list.labels.push_back(static_cast<int32_t>(at - list.classes.begin()));
  }
}

}  // namespace

std::string last_component(const std::string& path) {
  std::string p = path;
  while (p.size() > 1 && p.ends_with('/')) p.pop_back();
  std::string last = p.substr(p.rfind('/') + 1);
  if (last.empty() || last == "." || last == "..") {
    char real[PATH_MAX];
    if (::realpath(path.c_str(), real)) last = std::string(real).substr(std::string(real).rfind('/') + 1);
  }
  return last.empty() ? "images" : last;
}

std::vector<std::string> list_pictures(const std::string& root) {
  std::vector<std::string> out;
  std::vector<Identity> ancestors;
  struct stat s;
  if (::stat(root.c_str(), &s) == 0) ancestors.push_back({s.st_dev, s.st_ino});
  list(root, "", ancestors, out);
  std::sort(out.begin(), out.end());
  return out;
}

std::unique_ptr<ImageSet> open_folder(const std::string& root) {
  FileList files;
  files.root = joined(root, "");
  files.name = last_component(root);
  const std::string train = joined(root, "train"), test = joined(root, is_folder(joined(root, "test")) ? "test" : "val");
  if (is_folder(train) && is_folder(test)) {
    const std::vector<std::string> a = list_pictures(train), b = list_pictures(test);
    if (a.empty() || b.empty()) bad_input("{}: no pictures in it; a data set with train/ and {}/ needs some in both", a.empty() ? train : test, last_component(test));
    if (all_in_sub_folders(a) && all_in_sub_folders(b)) add_classes(a, files.classes), add_classes(b, files.classes);
    append(files, train, a, Split::train);
    append(files, test, b, Split::test);
    return file_set(std::move(files));
  }
  const std::vector<std::string> paths = list_pictures(root);
  if (paths.empty()) bad_input("{}: no pictures (JPEG, PNG, BMP, PNM) in this folder or below it", root);
  if (all_in_sub_folders(paths)) add_classes(paths, files.classes);
  if (files.classes.size() < 2) files.classes.clear();  // one class tells nothing apart
  append(files, root, paths, Split::none);
  return file_set(std::move(files));
}

}  // namespace ceir
