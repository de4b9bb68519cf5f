// Walking golden cases: a folder per case with case.json and arrays.
#pragma once
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "tensor/io/json.h"
#include "tensor/io/npy.h"
#include "tests/shared_dir.h"

namespace ceir::test {

// One case: its folder, its description, its arrays by name.
struct GoldenCase {
  std::filesystem::path folder;
  Json json;

  std::string name() const { return folder.filename().string(); }
  bool has(const std::string& file) const { return std::filesystem::exists(folder / file); }
  std::string path(const std::string& file) const { return (folder / file).string(); }
  Tensor array(const std::string& file) const { return read_npy(path(file)); }
  int64_t param(const char* key) const { return json.at("params", name()).at(key, name()).as_int(key); }
  double number(const char* key) const { return json.at("params", name()).at(key, name()).as_double(key); }
  const Json& result(const char* key) const { return json.at("results", name()).at(key, name()); }
  // The suggested tolerance: of a tensor, or one for all.
  double tolerance(DType dtype, const std::string& tensor, double otherwise) const {
    const Json* all = json.find("tolerance");
    const Json* of = all ? all->find(name_of(dtype)) : nullptr;
    if (of && of->is_number()) return of->as_double("tolerance");
    return of ? of->get(tensor, otherwise, "tolerance") : otherwise;
  }
};

// Every folder with a case.json below golden/method/GROUP, sorted by name. Empty (and the test counted as skipped) without data.
inline std::vector<GoldenCase> golden_cases(const std::string& group) {
  std::vector<GoldenCase> cases;
  if (!have_shared("golden/method/" + group)) return cases;
  for (const auto& entry : std::filesystem::directory_iterator(shared_dir() / "golden/method" / group))
    if (std::filesystem::exists(entry.path() / "case.json"))
      cases.push_back({entry.path(), Json::read((entry.path() / "case.json").string())});
  std::sort(cases.begin(), cases.end(), [](const auto& a, const auto& b) { return a.folder < b.folder; });
  return cases;
}

// Those whose folder's name begins with `prefix`.
inline std::vector<GoldenCase> cases_named(const std::string& group, const std::string& prefix) {
  std::vector<GoldenCase> cases = golden_cases(group);
  std::erase_if(cases, [&](const GoldenCase& c) { return !c.name().starts_with(prefix); });
  return cases;
}

// A number among the results of case.json.
inline double number_of(const GoldenCase& c, const char* key) { return c.result(key).as_double(key); }

// max|a - ref| / max(max|ref|, 0.01): the golden README's measure. Infinite when shapes differ or a NaN is where none should be.
inline double golden_error(const Tensor& a, const Tensor& reference) {
  if (!a.defined() || !(a.shape() == reference.shape())) return INFINITY;
  const auto x = a.values(), r = reference.values();
  double largest = 0.01, worst = 0;
  for (size_t i = 0; i < r.size(); i++) {
    largest = std::max(largest, std::abs(r[i]));
    if (const double e = std::abs(x[i] - r[i]); !(e <= worst)) worst = std::isnan(e) ? INFINITY : e;
  }
  return worst / largest;
}

// The same measure of one number.
inline double golden_error(double a, double reference) {
  return std::isfinite(a) ? std::abs(a - reference) / std::max(std::abs(reference), 0.01) : INFINITY;
}

inline double absolute_error(const Tensor& a, const Tensor& reference) {
  if (!a.defined() || !(a.shape() == reference.shape())) return INFINITY;
  const auto x = a.values(), r = reference.values();
  double worst = 0;
  for (size_t i = 0; i < r.size(); i++)
    if (const double e = std::abs(x[i] - r[i]); !(e <= worst)) worst = std::isnan(e) ? INFINITY : e;
  return worst;
}

}  // namespace ceir::test
