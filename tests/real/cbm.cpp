// golden/method/cbm: the concept bottleneck's training, step by step, and what it leaves, in f64 and f32.
#include <cmath>

#include <doctest/doctest.h>

#include "models/concept_bottleneck.h"
#include "tests/golden.h"

using namespace ceir;
using namespace ceir::test;

namespace {

void check_case(const GoldenCase& c, DType dtype) {
  const Tensor f = c.array("F.npy"), p = c.array("P.npy"), vf = c.array("F_val.npy"), vp = c.array("P_val.npy");
  std::vector<std::string> names;
  for (int64_t k = 0; k < p.dim(1); k++) names.push_back(fmt::format("concept {}", k));
  BottleneckOptions o;
  o.steps = c.param("steps"), o.train_batch = f.dim(0), o.check_every = c.param("check_every");
  o.lr = c.number("lr"), o.cutoff = c.number("similarity_cutoff");
  o.precision = dtype, o.initial_weight = c.array("W0.npy");
  const Bottleneck b = train_bottleneck(f, p, vf, vp, names, o);

  const bool f32 = dtype == DType::f32;
  const auto loss = c.array(f32 ? "loss_f32.npy" : "loss.npy").values(), val_loss = c.array(f32 ? "val_loss_f32.npy" : "val_loss.npy").values();
  const auto val_step = c.array("val_step.npy").values();
  const double tolerance_of_loss = c.tolerance(dtype, "loss", 1e-9);
  size_t validations = 0;
  for (size_t i = 0; i < std::min(loss.size(), b.log.size()); i++) {
    CAPTURE(i);
    CHECK(std::abs(b.log[i].loss - loss[i]) <= tolerance_of_loss);
    if (!b.log[i].validation) continue;
    REQUIRE(validations < val_loss.size());
    CHECK(std::abs(*b.log[i].validation - val_loss[validations]) <= tolerance_of_loss);
    if (validations < val_step.size()) CHECK(val_step[validations] == static_cast<double>(i));
    validations++;
  }
  const int64_t best_step = c.result(f32 ? "f32_best_step" : "best_step").as_int("best step");
  if (f32 && b.best_step != best_step) {  // two validation losses closer than float can tell: then nothing later compares
    const size_t ours = static_cast<size_t>(b.best_step / o.check_every), theirs = static_cast<size_t>(best_step / o.check_every);
    REQUIRE(std::max(ours, theirs) < val_loss.size());
    CHECK(std::abs(val_loss[ours] - val_loss[theirs]) <= tolerance_of_loss);
    return;
  }
  CHECK(b.log.size() == loss.size());
  CHECK(validations == val_loss.size());
  CHECK(b.best_step == best_step);
  CHECK(b.stopped_early == c.result("stopped_early").as_bool("stopped early"));
  CHECK(b.log.back().step == c.result("stopped_after_step").as_int("last step"));
  CHECK(golden_error(b.all_weights, c.array("W_best.npy")) <= c.tolerance(dtype, "W_best", 1e-7));
  CHECK(golden_error(b.similarity, c.array("similarity_val.npy")) <= c.tolerance(dtype, "similarity_val", 1e-7));

  const Tensor kept = c.array("kept.npy");
  const auto kept_ours = Tensor::from(b.kept, {static_cast<int64_t>(b.kept.size())}).values();
  if (f32 && kept_ours != kept.values()) {  // a similarity closer to the cutoff than float can tell
    double closest = 1;
    for (const double s : c.array("similarity_val.npy").values()) closest = std::min(closest, std::abs(s - o.cutoff));
    CHECK(closest <= c.tolerance(dtype, "similarity_val", 1e-3));
    return;
  }
  REQUIRE(kept_ours == kept.values());
  CHECK(b.dropped.size() == static_cast<size_t>(c.result("dropped").as_int("dropped")));
  for (const auto& d : b.dropped) CHECK(d.step == "g");
  const double tolerance = c.tolerance(dtype, "concepts_train", 1e-6);
  CHECK(golden_error(b.mean, c.array("mean.npy")) <= tolerance);
  CHECK(golden_error(b.std, c.array("std.npy")) <= tolerance);
  CHECK(golden_error(project(b, f), c.array("concepts_train.npy")) <= tolerance);
  CHECK(golden_error(project(b, vf), c.array("concepts_val.npy")) <= tolerance);

  // Step (f) is reported there for every concept: the kept ones are those above the cutoff.
  const double cutoff = c.number("clip_cutoff");
  std::vector<int64_t> above;
  const auto top5 = c.array("top5_mean.npy").values();
  for (size_t k = 0; k < top5.size(); k++)
    if (top5[k] > cutoff) above.push_back(static_cast<int64_t>(k));
  const FilterResult filtered = filter_by_top5(p, names, cutoff);
  CHECK(filtered.kept == above);
  for (const auto& d : filtered.dropped)
    CHECK(d.value == doctest::Approx(top5[static_cast<size_t>(std::stoll(d.concept_name.substr(8)))]).epsilon(1e-12));
}

void check_all(DType dtype) {
  for (const GoldenCase& c : golden_cases("cbm")) {
    INFO("case ", c.name(), " in ", std::string(name_of(dtype)));
    check_case(c, dtype);
  }
}

}  // namespace

TEST_CASE("golden concept bottleneck in f64: every loss, the weights, what is kept") { check_all(DType::f64); }
TEST_CASE("golden concept bottleneck in f32: every loss, the weights, what is kept") { check_all(DType::f32); }
