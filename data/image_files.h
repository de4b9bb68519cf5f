// Sets of picture files, and how a folder becomes one.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "data/image_set.h"
#include "kernels/base/error.h"

namespace ceir {

// Pictures that are files. Labels and splits are empty or have an entry for each path.
struct FileList {
  std::string name;                 // for run folders
  std::string root;                 // what the user named; the content key leaves it out
  std::vector<std::string> paths;   // as the user would write them
  std::vector<std::string> classes;
  std::vector<int32_t> labels;
  std::vector<Split> splits;
};
std::unique_ptr<ImageSet> file_set(FileList files);

// Paths of all pictures below `root`, relative to it, in byte order: by extension (any case), hidden files and folders
// left out, symbolic links followed but never in a circle. Formats that cannot be read (GIF, WebP, TIFF, HEIF, AVIF) are
// listed too: they are reported as skipped, never passed over in silence. Throws Error(bad_input) for a folder that
// cannot be read.
std::vector<std::string> list_pictures(const std::string& root);

// A plain folder, an ImageFolder (every picture lies in one of at least two sub-folders, which are the classes), or
// train/ and test/ (or val/) of either. Throws Error(bad_input) when there is no picture.
std::unique_ptr<ImageSet> open_folder(const std::string& root);

// The pictures of `all` that belong to `split`; throws Error(usage) when the set has no split.
std::unique_ptr<ImageSet> split_of(std::unique_ptr<ImageSet> all, Split split);

std::string last_component(const std::string& path);  // "photos" of "a/photos/"

}  // namespace ceir
