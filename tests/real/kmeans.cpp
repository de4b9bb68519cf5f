#include "models/kmeans.h"

#include <doctest/doctest.h>

#include <map>

#include "tests/golden.h"

using namespace ceir;
using namespace ceir::test;

namespace {

KMeansResult from_given_centers(const GoldenCase& c, DType dtype) {
  KMeansOptions options;
  options.initial_centers = c.array("init.npy").to(dtype);
  options.tolerance = c.number("tol");
  options.max_iterations = static_cast<int64_t>(c.number("max_iter"));
  return kmeans(c.array("X.npy").to(dtype), options);
}

bool unique_labels(const GoldenCase& c) {
  return c.result("labels_are_unique").as_bool(c.name());
}

// Distance to the second nearest centre minus that to the nearest, over the latter's scale, per row, in f64.
std::vector<double> relative_margins(const Tensor& x, const Tensor& centers) {
  const Assignment a = assign_to_centers(x, centers);
  std::vector<double> margins = a.margins.values();
  const std::vector<double> distances = a.distances.values();
  for (size_t i = 0; i < margins.size(); i++) margins[i] /= margins[i] + distances[i] + 1e-300;
  return margins;
}

}  // namespace

TEST_CASE("k-means in f64 from given centres gives the golden labels, centres and inertia") {
  for (const GoldenCase& c : golden_cases("kmeans")) {
    CAPTURE(c.name());
    const KMeansResult r = from_given_centers(c, DType::f64);
    CHECK(golden_error(r.inertia, number_of(c, "inertia")) <= 1e-9);
    if (unique_labels(c)) {
      CHECK(r.labels.values() == c.array("labels.npy").values());
      CHECK(golden_error(r.centers, c.array("centers.npy")) <= 1e-9);
      CHECK(r.iterations == static_cast<int64_t>(number_of(c, "iterations")));
    }
  }
}

TEST_CASE("k-means in f32 from given centres agrees but for rows with a tiny margin") {
  for (const GoldenCase& c : golden_cases("kmeans")) {
    CAPTURE(c.name());
    const KMeansResult r = from_given_centers(c, DType::f32);
    CHECK(golden_error(r.inertia, number_of(c, "inertia")) <= 1e-4);
    if (!unique_labels(c)) continue;
    CHECK(golden_error(r.centers, c.array("centers.npy")) <= 1e-4);
    const std::vector<double> margins = relative_margins(c.array("X.npy"), c.array("centers.npy"));
    const std::vector<double> mine = r.labels.values(), golden = c.array("labels.npy").values();
    for (size_t i = 0; i < mine.size(); i++)
      if (margins[i] > 1e-4) CHECK(mine[i] == golden[i]);
  }
}

TEST_CASE("ten k-means++ starts reach the best inertia known") {
  for (const GoldenCase& c : golden_cases("kmeans"))
    for (const DType dtype : {DType::f64, DType::f32}) {
      CAPTURE(c.name());
      KMeansOptions options;
      options.clusters = static_cast<int64_t>(c.number("k"));
      options.tolerance = c.number("tol");
      const KMeansResult r = kmeans(c.array("X.npy").to(dtype), options);
      CHECK(r.inertia <= number_of(c, "best_inertia") * 1.01 + (dtype == DType::f64 ? 1e-9 : 1e-4));
    }
}

TEST_CASE("equal rows share a label") {
  for (const GoldenCase& c : golden_cases("kmeans")) {
    CAPTURE(c.name());
    const Tensor x = c.array("X.npy");
    const KMeansResult r = from_given_centers(c, DType::f64);
    std::map<std::vector<double>, int64_t> label_of;
    for (int64_t i = 0; i < x.dim(0); i++) {
      const int64_t label = r.labels.data<int64_t>()[i];
      CHECK(label_of.emplace(x.rows(i, i + 1).values(), label).first->second == label);
    }
  }
}
