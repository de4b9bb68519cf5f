// Do these weights belong to a model of these sizes? Names, shapes and types are compared before any data are read.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "weights/name_map.h"
#include "weights/weight_files.h"

namespace ceir {

// Names as the file has or should have them, sorted as the model is.
struct TensorFindings {
  std::vector<std::string> missing, extra;
  std::vector<std::string> wrong;      // sentences: "tensor 'x' has shape (3), expected (4)"
  std::vector<StoredAs> places;        // where each of our tensors lies
  std::vector<std::string> expected;   // every name once
  bool complete() const { return missing.empty() && extra.empty() && wrong.empty(); }
};

// `ours`: names and shapes of Clip::tensors_of.
TensorFindings compare_tensors(const WeightFiles& source, const std::vector<std::pair<std::string, Shape>>& ours);

// The same; throws Error(bad_input) in one sentence for the first thing that is wrong, naming the closest tensor.
std::vector<StoredAs> place_tensors(const WeightFiles& source, const std::vector<std::pair<std::string, Shape>>& ours);

}  // namespace ceir
