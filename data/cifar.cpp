// CIFAR-10 and CIFAR-100 in their binary version (Krizhevsky 2009; https://www.cs.toronto.edu/~kriz/cifar.html):
// records of one label byte (two in CIFAR-100: coarse, fine) and 3 x 32 x 32 bytes, planes of rows.
#include <algorithm>

#include "data/image_files.h"
#include "data/record_set.h"
#include "tensor/io/file.h"

namespace ceir {
namespace {

constexpr int side = 32;
constexpr int64_t picture = 3 * side * side;

bool any_form(const std::string& folder, const std::string& file) {
  for (const char* suffix : {".bin", ".bin.xz", ".bin.gz", ".bin.bz2", ".bin.zst", ".mat", ""})
    if (is_file(folder + "/" + file + suffix)) return true;
  return false;
}

// `label` of each record; `other` is checked too where a record has two.
std::vector<uint8_t> read_labels(const RecordFile& file, int64_t record, int64_t label, int64_t other, uint8_t others) {
  const int64_t n = file.records(record);
  std::vector<uint8_t> labels(static_cast<size_t>(n));
  constexpr int64_t block = 256;  // records read at once
  std::vector<uint8_t> buffer(static_cast<size_t>(block * record));
  for (int64_t begin = 0; begin < n; begin += block) {
    const int64_t count = std::min(block, n - begin);
    file.read(begin * record, buffer.data(), count * record);
    for (int64_t i = 0; i < count; i++) {
      labels[static_cast<size_t>(begin + i)] = buffer[static_cast<size_t>(i * record + label)];
      const uint8_t second = other < 0 ? 0 : buffer[static_cast<size_t>(i * record + other)];
      if (other >= 0 && second >= others)
        bad_input("{}: record {} has {} label {}, but there are {}; is the file damaged?", file.path(), begin + i, other == 0 ? "coarse" : "fine", second, others);
    }
  }
  return labels;
}

}  // namespace

bool looks_like_cifar10(const std::string& folder) { return any_form(folder, "data_batch_1") || any_form(folder, "test_batch"); }

bool looks_like_cifar100(const std::string& folder) {
  if (is_folder(folder + "/train") || is_folder(folder + "/test")) return false;
  return (any_form(folder, "train") && any_form(folder, "test")) || is_file(folder + "/fine_label_names.txt");
}

std::unique_ptr<ImageSet> open_cifar10(const std::string& folder) {
  RecordLayout l;
  l.name = "cifar10", l.side = side, l.by_columns = false;
  const std::string names = folder + "/batches.meta.txt";
  if (is_file(names)) l.classes = read_class_names(names, 10);
  else l.classes = {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};
  for (const char* file : {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"}) {
    require_binary(folder, file, "cifar-10-binary.tar.gz");
    RecordPart p{std::make_unique<RecordFile>(folder + "/" + file), 1 + picture, 1, {}, file[0] == 't' ? Split::test : Split::train};
    p.labels = read_labels(*p.file, p.record, 0, -1, 0);
    l.parts.push_back(std::move(p));
  }
  return record_set(std::move(l));
}

std::unique_ptr<ImageSet> open_cifar100(const std::string& folder, bool coarse) {
  RecordLayout l;
  l.name = coarse ? "cifar100-20" : "cifar100", l.side = side, l.by_columns = false;
  l.variant = coarse ? "coarse" : "fine";
  for (const char* file : {"train.bin", "test.bin"}) {
    require_binary(folder, file, "cifar-100-binary.tar.gz");
    RecordPart p{std::make_unique<RecordFile>(folder + "/" + file), 2 + picture, 2, {}, file[1] == 'r' ? Split::train : Split::test};
    p.labels = read_labels(*p.file, p.record, coarse ? 0 : 1, coarse ? 1 : 0, coarse ? 100 : 20);
    l.parts.push_back(std::move(p));
  }
  const char* names = coarse ? "coarse_label_names.txt" : "fine_label_names.txt";
  require_binary(folder, names, "cifar-100-binary.tar.gz");
  l.classes = read_class_names(folder + "/" + names, coarse ? 20 : 100);
  return record_set(std::move(l));
}

}  // namespace ceir
