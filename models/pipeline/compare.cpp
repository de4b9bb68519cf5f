#include "models/pipeline/compare.h"

#include <cmath>
#include <filesystem>
#include <limits>

#include "tensor/io/npy.h"
#include "tensor/io/sha256.h"

namespace ceir {
namespace fs = std::filesystem;

Comparison compare_runs(const std::string& folder, const std::string& replay, const Json& files) {
  Comparison result;
  constexpr double infinite = std::numeric_limits<double>::infinity();
  for (const auto& [name, hash] : files.as_object("files")) {
    result.files++;
    const std::string a = folder + "/" + name, b = replay + "/" + name;
    const bool both = fs::is_regular_file(a) && fs::is_regular_file(b);
    if (both && sha256_of_file(a) == hash.as_string(name) && sha256_of_file(b) == hash.as_string(name)) continue;
    if (result.first_difference.empty()) result.first_difference = name;
    if (!both) {
      result.largest_error = infinite;
      continue;
    }
    if (!name.ends_with(".npy") || name.ends_with(".labels.npy")) continue;
    const Tensor x = read_npy(a), y = read_npy(b);
    if (!(x.shape() == y.shape())) {
      result.largest_error = infinite;
      continue;
    }
    const auto u = x.values(), v = y.values();
    double largest = 1e-30, error = 0;
    for (size_t i = 0; i < u.size(); i++) largest = std::max(largest, std::abs(u[i])), error = std::max(error, std::abs(u[i] - v[i]));
    result.largest_error = std::max(result.largest_error, error / largest);
  }
  return result;
}

}  // namespace ceir
