// Attribution beyond the golden cases, explanations, influence, labels and edits.
#include <doctest/doctest.h>

#include <cmath>
#include <set>

#include "models/edit.h"
#include "models/explanations.h"
#include "models/labels.h"
#include "tests/models/drawn.h"
#include "tests/scratch.h"

using namespace ceir;
using ceir::test::message_of;
using namespace ceir::test;

namespace {

// A VAE with running statistics that are not 0 and 1, rows and two centres.
struct Setting {
  Vae vae{6, 16, 3, Likelihood::gaussian, DType::f64, 5};
  Tensor x = drawn({40, 6}, 1), mu, centers, clusters;
  std::vector<std::string> names{"barn", "cow", "kite", "sea=side", "snow", "tree"};
  Setting() {
    vae.forward_training(drawn({30, 6}, 2), drawn({30, 3}, 3));
    mu = vae.latents(x);
    centers = Tensor::empty({2, 3}, DType::f64);
    centers.rows(0, 1).copy_from(mu.rows(0, 1));
    centers.rows(1, 2).copy_from(mu.rows(1, 2));
    std::vector<int64_t> of;
    for (int64_t n = 0; n < 40; n++) of.push_back(distance(n, 0) <= distance(n, 1) ? 0 : 1);
    clusters = Tensor::from(of, {40});
  }
  double distance(int64_t row, int64_t center) const {
    double sum = 0;
    for (int64_t j = 0; j < 3; j++) sum += std::pow(mu.data<double>()[row * 3 + j] - centers.data<double>()[center * 3 + j], 2);
    return sum;
  }
};

}  // namespace

TEST_CASE("margin attribution: contributions add up to the margin's change from the mean") {
  const Setting s;
  const Attribution a = margin_attribution(s.vae, s.x, s.centers, s.clusters);
  const auto zero = s.vae.latents(Tensor::zeros({1, 6}, DType::f64)).values();
  const auto of = s.clusters.values();
  for (int64_t n = 0; n < 40; n++) {
    const auto own = static_cast<int64_t>(of[static_cast<size_t>(n)]);
    double sum = 0, start = 0;
    for (int64_t k = 0; k < 6; k++) sum += a.values.data<double>()[n * 6 + k];
    for (int64_t j = 0; j < 3; j++)
      start += std::pow(zero[static_cast<size_t>(j)] - s.centers.data<double>()[(1 - own) * 3 + j], 2) -
               std::pow(zero[static_cast<size_t>(j)] - s.centers.data<double>()[own * 3 + j], 2);
    CHECK(sum == doctest::Approx(s.distance(n, 1 - own) - s.distance(n, own) - start).epsilon(1e-9).scale(1));
    CHECK(std::abs(a.completeness_error.values()[static_cast<size_t>(n)]) < 1e-12);
  }
}

TEST_CASE("a VAE of presence: what is absent carries nothing, the shares still add up, and slopes agree with differences") {
  Setting s;
  s.vae.set_present_above(0.4);
  const Attribution a = margin_attribution(s.vae, s.x, s.centers, s.clusters);
  int64_t absent = 0;
  for (int64_t i = 0; i < s.x.numel(); i++) {
    if (s.x.data<double>()[i] > 0.4) continue;
    absent++;
    CHECK(a.values.data<double>()[i] == 0);
  }
  CHECK(absent > 50);
  for (const double e : a.completeness_error.values()) CHECK(std::abs(e) < 1e-12);
  const EncoderPath path(s.vae);
  const Tensor mu = s.vae.latents(s.x), outputs = path.outputs(s.x);
  for (int64_t n = 0; n < 40; n++)
    for (int64_t j = 0; j < 3; j++) CHECK(outputs.data<double>()[n * 6 + j] == doctest::Approx(mu.data<double>()[n * 3 + j]).scale(1));
  for (const Tensor& baseline : {Tensor(), Tensor::full({6}, 0.9, DType::f64)}) {
    const Attribution each = path.integrated_gradients_of_mu(s.x, {.baseline = baseline});
    for (const double e : each.completeness_error.values()) CHECK(std::abs(e) < 1e-12);
  }
  const Tensor row = s.x.rows(3, 4), j = path.jacobian(row);
  for (int64_t k = 0; k < 6; k++) {
    Tensor up = row.clone(), down = row.clone();
    up.data<double>()[k] += 1e-7, down.data<double>()[k] -= 1e-7;
    const auto high = path.outputs(up).values(), low = path.outputs(down).values();
    for (int64_t o = 0; o < 6; o++)
      CHECK(j.data<double>()[o * 6 + k] == doctest::Approx((high[static_cast<size_t>(o)] - low[static_cast<size_t>(o)]) / 2e-7).epsilon(1e-6).scale(0.1));
  }
}

TEST_CASE("names are counted from what decides, whatever the ranking") {
  const Setting s;
  const Tensor by_mean = image_contributions(s.vae, s.x, s.centers, s.clusters, ExplanationMethod::mean);
  const Tensor by_ig = image_contributions(s.vae, s.x, s.centers, s.clusters, ExplanationMethod::ig);
  CHECK(label_contributions(s.vae, s.x, s.centers, s.clusters, ExplanationMethod::mean, by_mean).values() == by_ig.values());
  CHECK(label_contributions(s.vae, s.x, s.centers, s.clusters, ExplanationMethod::margin, by_mean).values() == by_mean.values());
}

TEST_CASE("Jacobian of the encoder agrees with differences") {
  const Setting s;
  const EncoderPath path(s.vae);
  const Tensor j = path.jacobian(s.x.rows(3, 4));
  for (int64_t k = 0; k < 6; k++) {
    Tensor up = s.x.rows(3, 4).clone(), down = up.clone();
    up.data<double>()[k] += 1e-7, down.data<double>()[k] -= 1e-7;
    const auto high = path.outputs(up).values(), low = path.outputs(down).values();
    for (int64_t o = 0; o < 6; o++)
      CHECK(j.data<double>()[o * 6 + k] == doctest::Approx((high[static_cast<size_t>(o)] - low[static_cast<size_t>(o)]) / 2e-7).epsilon(1e-6).scale(0.1));
  }
}

TEST_CASE("Gauss-Legendre: n nodes integrate polynomials of degree 2n - 1 exactly") {
  for (const int64_t n : {1, 2, 5, 50}) {
    const Quadrature q = gauss_legendre(n);
    const auto degree = static_cast<double>(2 * n - 1);
    double one = 0, high = 0;
    for (size_t i = 0; i < q.nodes.size(); i++) one += q.weights[i], high += q.weights[i] * std::pow(q.nodes[i], degree);
    CHECK(one == doctest::Approx(1).epsilon(1e-13));
    CHECK(high == doctest::Approx(1 / (degree + 1)).epsilon(1e-11));
  }
}

TEST_CASE("explanations: every concept once, sorted, and what leads is present and decisive") {
  const Setting s;
  const Explanations e = explain(s.vae, s.x, s.centers, s.clusters);
  REQUIRE(e.clusters.size() == 2);
  CHECK(e.images.size() == 40);
  CHECK(e.completeness_error < 1e-10);
  int64_t images = 0;
  for (const auto& list : {e.clusters, e.images})
    for (const Explanation& one : list) {
      std::set<int64_t> seen;
      for (size_t i = 0; i < one.concepts.size(); i++) {
        const ExplainedConcept& c = one.concepts[i];
        seen.insert(c.index);
        CHECK(std::abs(c.contribution) <= 1);
        CHECK((c.contribution > 0) == (c.margin > 0 && c.mean > 0));
        if (i) CHECK(c.contribution <= one.concepts[i - 1].contribution);
      }
      CHECK(seen.size() == 6);
    }
  for (const Explanation& c : e.clusters) images += c.size;
  CHECK(images == 40);
  CHECK(message_of([] { explanation_method_from("shap"); }).find("margin") != std::string::npos);
}

TEST_CASE("clear: from an ordinary picture (0) to the clearest (1), whatever a concept's spread") {
  // 1,001 pictures: the median is row 500, the 99.9 % quantile row 999. The third concept is the same everywhere.
  std::vector<double> values;
  for (int i = 0; i <= 1000; i++) values.insert(values.end(), {0.01 * i, -3 + 7.0 * i, 2});
  const ConceptScale scale(Tensor::from(values, {1001, 3}));
  const auto c = scale.clearness(Tensor::from<double>({5, -3 + 7 * 999, 2, 9.99, -3, 9}, {2, 3})).values();
  const double expected[] = {0, 1, 0, 1, -500.0 / 499, 0};
  for (size_t i = 0; i < 6; i++) CHECK(c[i] == doctest::Approx(expected[i]).epsilon(1e-12));
  CHECK_THROWS_AS(scale.clearness(Tensor::zeros({1, 2}, DType::f64)), Error);
  CHECK(message_of([] { ConceptScale().clearness(Tensor::zeros({1, 2}, DType::f64)); }).find("not known") != std::string::npos);

  const Setting s;
  const Ranking clear(ExplanationMethod::clear, ConceptScale(s.x));
  const Explanations e = explain(s.vae, s.x, s.centers, s.clusters, clear);
  const Tensor c_x = ConceptScale(s.x).clearness(s.x), of_images = image_contributions(s.vae, s.x, s.centers, s.clusters, clear);
  CHECK(of_images.values() == c_x.values());
  for (const Explanation& cluster : e.clusters)
    for (const ExplainedConcept& one : cluster.concepts) {
      double sum = 0;
      for (int64_t r = 0; r < 40; r++)
        if (s.clusters.data<int64_t>()[r] == cluster.group) sum += c_x.data<double>()[r * 6 + one.index];
      CHECK(one.contribution == doctest::Approx(sum / static_cast<double>(cluster.size)).epsilon(1e-12));
    }
  CHECK(label_contributions(s.vae, s.x, s.centers, s.clusters, ExplanationMethod::clear, of_images).values() ==
        image_contributions(s.vae, s.x, s.centers, s.clusters, ExplanationMethod::ig).values());
}

TEST_CASE("influence: nothing deleted keeps all, everything inserted reaches all") {
  const Setting s;
  const auto rankings = random_rankings(2, 6, 1);
  const InfluenceCurves c = influence_curves(s.vae, s.x, s.centers, s.clusters, rankings, 6);
  REQUIRE(c.deletion.size() == 7);
  CHECK(c.deletion.front() == 1);
  CHECK(c.insertion.back() == 1);
  CHECK(c.deletion.back() == c.insertion.front());  // both are the mean picture
}

TEST_CASE("labels: counted by sign, and names that tell clusters apart") {
  const std::vector<std::string> names{"sky", "barn", "boat"};
  const Tensor x = Tensor::from(std::vector<double>{1, 1, -1, 1, 1, -1, 1, -1, 1, 1, -1, 1}, {4, 3});
  const Tensor c = Tensor::from(std::vector<double>{.2, .3, .1, .2, .3, .01, .2, .04, .3, .2, .1, .3}, {4, 3});
  const auto all = count_labels(c, x, names);
  REQUIRE(all.size() == 5);
  CHECK(all[0].name == "sky");
  CHECK(all[0].count == 4);
  const auto each = count_cluster_labels(c, x, names, Tensor::from(std::vector<int64_t>{0, 0, 1, 1}, {4}), 2);
  CHECK(cluster_names(each, 1) == std::vector<std::string>{"barn", "boat"});
  CHECK(image_labels(c.rows(0, 1), x.rows(0, 1), names) == std::vector<std::string>{"barn", "sky"});
  const auto same = cluster_names({each[0], each[0], {}}, 1);
  CHECK(std::set<std::string>(same.begin(), same.end()).size() == 3);
}

TEST_CASE("edits: a concept set moves the image, and wrong words are answered") {
  const Setting s;
  const ConceptEdit edit = parse_concept_edit("sea=side=2.5");
  CHECK(edit.concept_name == "sea=side");
  CHECK(edit.value == 2.5);
  const EditResult r = edit_concepts(s.vae, s.x.rows(0, 1), s.names, s.centers, {"first", "second"}, {edit, removal_of("cow")});
  CHECK(r.concepts_after.values()[3] == 2.5);
  CHECK(r.concepts_after.values()[1] == 0);
  CHECK(r.concepts_after.values()[0] == r.concepts_before.values()[0]);
  CHECK(r.cluster_before == 0);
  CHECK(r.label_before == "first");
  CHECK(r.distances_before.values()[0] == doctest::Approx(0).scale(1));
  CHECK(r.latent_shift == doctest::Approx(r.distances_after.values()[0]));  // the first centre is where the image was
  CHECK(edit_concepts(s.vae, s.x.rows(0, 1), s.names, s.centers, {}, {}).latent_shift == 0);
  CHECK(message_of([&] { edit_concepts(s.vae, s.x.rows(0, 1), s.names, s.centers, {}, {{"bran", 1}}); }).find("barn") != std::string::npos);
  for (const char* bad : {"barn", "barn=", "=2", "barn=two", "barn=nan", "barn=1e999"})
    CHECK(message_of([&] { parse_concept_edit(bad); }) != "no error");
}
