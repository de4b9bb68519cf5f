#include <doctest/doctest.h>

#include <set>

#include "models/assignment.h"
#include "models/choose_k.h"
#include "models/pca.h"
#include "tests/golden.h"

using namespace ceir;
using namespace ceir::test;

TEST_CASE("assignment problems reach the golden totals") {
  for (const GoldenCase& c : cases_named("extras", "hungarian")) {
    const Tensor total = c.array("total.npy");
    for (int64_t i = 0; i < total.numel(); i++) {
      CAPTURE(i);
      const std::string number = (i < 10 ? "0" : "") + std::to_string(i);
      const Tensor cost = c.array("cost_" + number + ".npy");
      const Matching m = solve_assignment(cost);
      CHECK(golden_error(m.total, total.data<double>()[i]) <= 1e-9);
      CHECK(static_cast<int64_t>(m.rows.size()) == std::min(cost.dim(0), cost.dim(1)));
      CHECK(std::set<int64_t>(m.rows.begin(), m.rows.end()).size() == m.rows.size());
      CHECK(std::set<int64_t>(m.columns.begin(), m.columns.end()).size() == m.columns.size());
    }
  }
}

TEST_CASE("principal components, up to their signs") {
  for (const GoldenCase& c : cases_named("extras", "pca"))
    for (const DType dtype : {DType::f64, DType::f32}) {
      CAPTURE(c.name());
      const double tolerance = dtype == DType::f64 ? 1e-8 : 1e-3;
      const Tensor x = c.array("X.npy").to(dtype), components = c.array("components.npy"), scores = c.array("scores.npy");
      const int64_t p = components.dim(0);
      const Pca pca = fit_pca(x, p);
      CHECK(golden_error(pca.mean, c.array("mean.npy")) <= tolerance);
      CHECK(golden_error(pca.variance, c.array("variance.npy")) <= tolerance);
      CHECK(golden_error(pca.variance_ratio, c.array("variance_ratio.npy")) <= tolerance);
      Tensor mine = pca.components.to(DType::f64).clone(), mine_scores = pca_scores(pca, x).to(DType::f64).clone();
      for (int64_t i = 0; i < p; i++) {
        double dot = 0;
        for (int64_t j = 0; j < mine.dim(1); j++)
          dot += mine.data<double>()[i * mine.dim(1) + j] * components.data<double>()[i * mine.dim(1) + j];
        if (dot > 0) continue;
        for (int64_t j = 0; j < mine.dim(1); j++) mine.data<double>()[i * mine.dim(1) + j] *= -1;
        for (int64_t r = 0; r < scores.dim(0); r++) mine_scores.data<double>()[r * p + i] *= -1;
      }
      CHECK(golden_error(mine, components) <= tolerance);
      CHECK(golden_error(mine_scores, scores) <= tolerance);
    }
}

TEST_CASE("choosing k: stability, silhouette and inertia from given starts") {
  for (const GoldenCase& c : cases_named("extras", "choose_k"))
    for (const DType dtype : {DType::f64, DType::f32}) {
      const double tolerance = dtype == DType::f64 ? 1e-9 : 1e-4;
      const Tensor x = c.array("X.npy").to(dtype), subsample = c.array("subsample.npy"), init = c.array("init.npy"),
                   labels = c.array("labels.npy");
      const auto& ks = c.json.at("params", c.name()).at("k", c.name()).as_array("k");
      const int64_t runs = init.dim(1);
      for (int64_t i = 0; i < static_cast<int64_t>(ks.size()); i++) {
        const int64_t k = ks[static_cast<size_t>(i)].as_int("k");
        CAPTURE(k);
        const Tensor starts = init.rows(i, i + 1).view({runs, k}, {init.stride(1), 1}, 0);
        const ClusterTrial trial = try_clusters(x, subsample, starts);
        CHECK(golden_error(trial.figures.silhouette, c.array("silhouette.npy").data<double>()[i]) <= tolerance);
        CHECK(golden_error(trial.figures.inertia, c.array("inertia.npy").data<double>()[i]) <= tolerance);
        CHECK(golden_error(trial.figures.stability, c.array("stability.npy").data<double>()[i]) <= tolerance);
        if (dtype == DType::f64)
          CHECK(trial.labels.values() == labels.rows(i, i + 1).reshaped(trial.labels.shape()).values());
      }
    }
}

TEST_CASE("choosing k finds the golden world's number of clusters") {
  for (const GoldenCase& c : cases_named("extras", "choose_k")) {
    const ChosenClusters chosen = choose_clusters(c.array("X.npy"));
    CHECK(chosen.clusters == static_cast<int64_t>(c.number("true_k")));
  }
}
