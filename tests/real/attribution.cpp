// golden/method/attribution: integrated gradients with nodes and exactly, completeness, bars, counted labels.
#include <cmath>

#include <doctest/doctest.h>

#include "models/attribution.h"
#include "models/labels.h"
#include "tests/golden.h"

using namespace ceir;
using namespace ceir::test;

namespace {

std::vector<std::string> names_of(const GoldenCase& c) {
  std::vector<std::string> names;
  const Json list = Json::read(c.path("concepts.json"));
  for (const Json& name : list.as_array("concepts")) names.push_back(name.as_string("concept"));
  return names;
}

void check_bars(const GoldenCase& c, const Tensor& contribution, const Tensor& x, const std::vector<std::string>& names, double tolerance) {
  const Json expected = Json::read(c.path("bars.json"));
  for (int64_t n = 0; n < x.dim(0); n++) {
    CAPTURE(n);
    const auto bars = contribution_bars(contribution.rows(n, n + 1), x.rows(n, n + 1), names, c.number("display_threshold"), c.param("max_bars"));
    const auto& reference = expected.as_array("bars")[static_cast<size_t>(n)].as_array("bars of one image");
    REQUIRE(bars.size() == reference.size());
    for (size_t i = 0; i < bars.size(); i++) {
      CHECK(bars[i].name == reference[i].at("name", "bar").as_string("name"));
      CHECK(std::abs(bars[i].value - reference[i].at("value", "bar").as_double("value")) <= tolerance);
    }
  }
}

void check_case(const GoldenCase& c, DType dtype) {
  const Vae vae = Vae::load(c.path("weights.safetensors"), dtype);
  CHECK(vae.latent() == c.param("L"));
  const Tensor x = c.array("x.npy");
  const EncoderPath path(vae);
  const double plain = dtype == DType::f64 ? 1e-12 : 1e-5, faithful = c.tolerance(dtype, "a_faithful", 1e-10);
  const double mu = c.tolerance(dtype, "ig_mu", 1e-10), exact = c.tolerance(dtype, "a_exact", 1e-10);
  CHECK(golden_error(path.outputs(x), c.array("f.npy")) <= plain);
  const Tensor zero = path.outputs(Tensor::zeros({1, x.dim(1)}, dtype));
  CHECK(golden_error(zero.reshaped({zero.dim(1)}), c.array("f_zero.npy")) <= plain);

  const PathOptions nodes{.nodes = c.param("steps")};
  const Attribution a = faithful_attribution(vae, x, nodes);
  CHECK(golden_error(a.values, c.array("a_faithful.npy")) <= faithful);
  CHECK(golden_error(faithful_contributions(x, a.values), c.array("contribution.npy")) <= faithful);
  CHECK(golden_error(a.values, c.array("a_captum.npy")) <= std::max(faithful, 1e-7));

  const Attribution of_mu = path.integrated_gradients_of_mu(x, nodes);
  CHECK(golden_error(of_mu.values, c.array("ig_mu.npy")) <= mu);
  CHECK(absolute_error(of_mu.completeness_error, c.array("completeness_error.npy")) <= mu);
  const Attribution exactly = path.integrated_gradients_of_mu(x);
  CHECK(golden_error(exactly.values, c.array("ig_mu_exact.npy")) <= exact);
  for (const double e : exactly.completeness_error.values()) CHECK(std::abs(e) <= exact);
  const Attribution g = path.integrated_gradients(x, path.outputs(x));
  CHECK(golden_error(g.values, c.array("a_exact.npy")) <= exact);
  CHECK(golden_error(g.values, c.array("a_midpoint_10000.npy")) <= 1e-4);

  // What is shown and counted depends on thresholds: judged on the reference's own contributions.
  const Tensor contribution = c.array("contribution.npy");
  const auto names = names_of(c);
  check_bars(c, contribution, x, names, 1e-12);
  if (dtype == DType::f64) check_bars(c, faithful_contributions(x, a.values), x, names, 1e-10);
  std::map<std::string, int64_t> counted;
  for (const auto& label : count_labels(contribution, x, names, c.number("mining_threshold"))) counted[label.name] = label.count;
  const Json mined = Json::read(c.path("mined.json"));
  CHECK(counted.size() == mined.as_object("mined").size());
  for (const auto& [name, count] : mined.as_object("mined")) CHECK(counted[name] == count.as_int(name));
}

void check_all(DType dtype) {
  for (const GoldenCase& c : golden_cases("attribution")) {
    INFO("case ", c.name(), " in ", std::string(name_of(dtype)));
    check_case(c, dtype);
  }
}

}  // namespace

TEST_CASE("golden attribution in f64: nodes, exact integrals, bars, counts") { check_all(DType::f64); }
TEST_CASE("golden attribution in f32: nodes, exact integrals, bars, counts") { check_all(DType::f32); }
