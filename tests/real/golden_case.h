// Walking golden/method: one folder per case, found at run time.
#pragma once
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "tensor/io/json.h"
#include "tensor/io/npy.h"
#include "tensor/tensor.h"
#include "tests/shared_dir.h"

namespace ceir::test {

struct GoldenCase {
  std::filesystem::path folder;
  Json json;

  std::string name() const { return folder.parent_path().filename().string() + "/" + folder.filename().string(); }
  bool has(const std::string& file) const { return std::filesystem::exists(folder / (file + ".npy")); }
  Tensor array(const std::string& file) const { return read_npy((folder / (file + ".npy")).string()); }
  const Json& section(const char* key) const { return json.at(key, name()); }
  double param(const char* key) const { return section("params").at(key, name()).as_double(key); }
  double result(const char* key) const { return section("results").at(key, name()).as_double(key); }
};

// The cases of golden/method/GROUP whose folder's name begins with `prefix`, in order. Empty (and counted as skipped)
// when the folder is not there.
inline std::vector<GoldenCase> golden_cases(const std::string& group, const std::string& prefix = {}) {
  std::vector<GoldenCase> cases;
  if (!have_shared("golden/method/" + group)) return cases;
  for (const auto& entry : std::filesystem::directory_iterator(shared_dir() / "golden/method" / group))
    if (entry.is_directory() && entry.path().filename().string().starts_with(prefix) &&
        std::filesystem::exists(entry.path() / "case.json"))
      cases.push_back({entry.path(), Json::read((entry.path() / "case.json").string())});
  std::sort(cases.begin(), cases.end(), [](const auto& a, const auto& b) { return a.folder < b.folder; });
  return cases;
}

// The README's measure: max|a - ref| / max(max|ref|, 0.01).
inline double error_of(const Tensor& a, const Tensor& reference) {
  REQUIRE(a.shape() == reference.shape());
  const std::vector<double> x = a.values(), y = reference.values();
  double worst = 0, largest = 0.01;
  for (size_t i = 0; i < x.size(); i++) {
    worst = std::max(worst, std::isfinite(x[i]) ? std::abs(x[i] - y[i]) : INFINITY);
    largest = std::max(largest, std::abs(y[i]));
  }
  return worst / largest;
}

inline double error_of(double a, double reference) {
  return std::isfinite(a) ? std::abs(a - reference) / std::max(std::abs(reference), 0.01) : INFINITY;
}

}  // namespace ceir::test
