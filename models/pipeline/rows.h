// Rows of an array and the pictures they came from: the small files beside every X.npy.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "data/image_set.h"
#include "tensor/tensor.h"

namespace ceir {

struct SkippedImage {
  std::string path, reason;
};

// What each row of features stands for. labels is empty when no class is known.
struct Rows {
  std::vector<std::string> paths;
  std::vector<Split> splits;
  std::vector<int64_t> labels;
  std::vector<std::string> classes;
  std::vector<SkippedImage> skipped;

  int64_t size() const { return static_cast<int64_t>(paths.size()); }
  bool has_split() const;  // some rows are for training, some for test
  std::vector<int64_t> training_rows() const;  // all when there is no split
  std::vector<int64_t> test_rows() const;
};

// The rows `good` of `set` (those that could be decoded), and the skipped ones.
Rows rows_of(const ImageSet& set, const std::vector<int64_t>& good, const std::vector<std::pair<int64_t, std::string>>& skipped);

// A path as a line: a JSON string where the name holds a line end, begins with a quote, or is not UTF-8 (each stray byte
// 0xNN as \udcNN, which is Python's surrogateescape).
std::string path_line(const std::string& path);
std::string path_from_line(const std::string& line);

// BASE.paths.txt; BASE.labels.npy and BASE.classes.txt where classes are known; BASE.splits.txt where there is a split;
// BASE.skipped.jsonl where something was skipped (an old one is removed). BASE is the array's path without ".npy".
void write_rows(const std::string& base, const Rows& rows);
Rows read_rows(const std::string& base);

// Rows `indices` of x (N, ...), copied.
Tensor take_rows(const Tensor& x, const std::vector<int64_t>& indices);
std::vector<int64_t> take(const std::vector<int64_t>& values, const std::vector<int64_t>& indices);

}  // namespace ceir
