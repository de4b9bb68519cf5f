// Two run folders, file by file.
#pragma once
#include <string>

#include "tensor/io/json.h"

namespace ceir {

struct Comparison {
  int64_t files = 0;
  std::string first_difference;  // empty: all the same bytes
  double largest_error = 0;      // over .npy files of equal shape: max|a - b| / max|a|; infinite for another shape or a missing file
};

// `files`: {name: sha256} of the receipt, in its order. Files named there are compared with the hash, and between the folders.
Comparison compare_runs(const std::string& folder, const std::string& replay, const Json& files);

}  // namespace ceir
