// STL-10 in its binary version (Coates, Ng & Lee, AISTATS 2011; https://cs.stanford.edu/~acoates/stl10/): X files hold
// 3 x 96 x 96 bytes a picture, planes stored column by column; y files one byte a picture, classes counted from 1.
#include "data/image_files.h"
#include "data/record_set.h"
#include "tensor/io/file.h"

namespace ceir {
namespace {

constexpr int side = 96;
constexpr int64_t picture = 3 * side * side;

}  // namespace

bool looks_like_stl10(const std::string& folder) {
  for (const char* name : {"train_X.bin", "test_X.bin", "train_y.bin", "test_y.bin"})
    for (const char* suffix : {"", ".xz", ".gz", ".bz2", ".zst"})
      if (is_file(folder + "/" + name + suffix)) return true;
  return false;
}

std::unique_ptr<ImageSet> open_stl10(const std::string& folder) {
  RecordLayout l;
  l.name = "stl10", l.side = side, l.by_columns = true;
  const std::string names = folder + "/class_names.txt";
  if (is_file(names)) l.classes = read_class_names(names, 10);
  else l.classes = {"airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck"};
  for (const Split split : {Split::train, Split::test}) {
    const std::string part = split == Split::train ? "train" : "test";
    require_binary(folder, part + "_X.bin", "stl10_binary.tar.gz");
    require_binary(folder, part + "_y.bin", "stl10_binary.tar.gz");
    RecordPart p{std::make_unique<RecordFile>(folder + "/" + part + "_X.bin"), picture, 0, {}, split};
    auto labels = std::make_unique<RecordFile>(folder + "/" + part + "_y.bin");
    const int64_t n = p.file->records(picture);
    if (labels->bytes() != n)
      bad_input("{}: {} labels for the {} pictures of {}; get the file again", labels->path(), labels->bytes(), n, p.file->path());
    p.labels.resize(static_cast<size_t>(n));
    labels->read(0, p.labels.data(), n);
    for (size_t i = 0; i < p.labels.size(); i++) {
      if (p.labels[i] < 1 || p.labels[i] > 10)
        bad_input("{}: record {} has label {}, expected 1 to 10; is the file damaged?", labels->path(), i, p.labels[i]);
      p.labels[i]--;
    }
    l.parts.push_back(std::move(p));
    l.others.push_back(std::move(labels));
  }
  return record_set(std::move(l));
}

}  // namespace ceir
