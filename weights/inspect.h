// What a file or folder is and what it holds: the work behind `ceir inspect`.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernels/base/monitor.h"
#include "tensor/io/json.h"
#include "tensor/shape.h"

namespace ceir {

// Filled by --full, which reads the data. Range over the finite values (absent when there is none).
struct TensorStatistics {
  std::optional<double> least, largest;
  int64_t nan_count = 0, infinite_count = 0;
  std::string sha256;  // of the bytes as stored
};

struct TensorDescription {
  std::string name;   // empty for an npy file, which holds one array without a name
  std::string dtype;  // the file's word: "F32", "<f4"
  Shape shape;
  int64_t bytes;
  std::optional<TensorStatistics> statistics;
};

struct Description {
  std::string path, kind;  // kind: "safetensors", "npy array", "model folder", "SentencePiece model", "run folder", ...
  int64_t bytes = 0;
  std::vector<std::pair<std::string, Json>> facts;               // what else there is to say, in order of interest
  std::vector<std::pair<std::string, std::string>> metadata;     // of safetensors
  std::vector<TensorDescription> tensors;
  std::vector<Description> files;  // of a folder
  std::string sha256;              // with `full`, of a file

  std::string text() const;  // a table for people
  Json json() const;
};

// Headers and layout are checked wholly, data is read with `full` alone: without it a file of many gigabytes takes
// milliseconds. Throws Error(bad_input): missing, damaged, a pickle that names more than tensors need (nothing of it is run), or of
// no kind that is known here.
Description describe(const std::string& path, bool full = false, Monitor* monitor = nullptr);

}  // namespace ceir
