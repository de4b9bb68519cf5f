#include "models/explanations.h"

#include <algorithm>
#include <cmath>

#include "models/check.h"
#include "tensor/ops.h"
#include "tensor/tape.h"

namespace ceir {
namespace {

constexpr double present_above = 0.5;  // deviations over the training mean from which a picture is said to have a concept

// One value from decisiveness m and presence p, both divided by the largest of their group.
double combined(double m, double p) {
  if (m > 0 && p > 0) return std::sqrt(m * p);
  return std::max(-1.0, -std::max(std::max(-m, 0.0), std::max(-p, 0.0)));
}

double largest_magnitude(const double* v, int64_t k) {
  double largest = 0;
  for (int64_t i = 0; i < k; i++) largest = std::max(largest, std::abs(v[i]));
  return largest > 0 ? largest : 1;
}

// What the concepts of one group are sorted by. margin, presence, ranked (K) -> (K)
std::vector<double> scores(ExplanationMethod method, const double* margin, const double* presence, const double* ranked, int64_t k) {
  std::vector<double> s(static_cast<size_t>(k));
  const double m_max = largest_magnitude(margin, k), p_max = largest_magnitude(presence, k);
  const double max = method == ExplanationMethod::clear ? 1 : largest_magnitude(ranked, k);  // clearness has a scale of its own
  for (int64_t i = 0; i < k; i++)
    s[static_cast<size_t>(i)] = method == ExplanationMethod::ig ? combined(margin[i] / m_max, presence[i] / p_max) : ranked[i] / max;
  return s;
}

// The matrices that explanations are made of, all (N, K) in double.
struct Sources {
  Tensor x, margin, ranked;  // ranked: what every method but ig sorts by
  double completeness_error = 0;
};

Sources sources(const Vae& vae, const Tensor& x, const Tensor& centers, const Tensor& clusters, const Ranking& ranking) {
  Sources s;
  s.x = x.to(DType::f64).contiguous();
  const Attribution margin = margin_attribution(vae, x, centers, clusters);
  s.margin = margin.values.to(DType::f64).contiguous();
  s.ranked = ranking.method == ExplanationMethod::mean ? s.x : s.margin;
  if (ranking.method == ExplanationMethod::clear) s.ranked = ranking.scale.clearness(s.x);
  if (ranking.method == ExplanationMethod::faithful)
    s.ranked = faithful_contributions(x, faithful_attribution(vae, x).values).to(DType::f64).contiguous();
  const auto errors = margin.completeness_error.values();
  const int64_t k = s.x.dim(1);
  double worst = 0, change = 0;
  for (size_t n = 0; n < errors.size(); n++) {
    double sum = 0;
    for (int64_t i = 0; i < k; i++) sum += s.margin.data<double>()[static_cast<int64_t>(n) * k + i];
    worst = std::max(worst, std::abs(errors[n]));
    change = std::max(change, std::abs(sum - errors[n]));
  }
  s.completeness_error = change > 0 ? worst / change : worst;
  return s;
}

Explanation explanation(int64_t group, int64_t size, const std::vector<double>& score, const double* margin, const double* mean,
                        const std::vector<double>& lift) {
  Explanation e{group, size, {}};
  for (size_t i = 0; i < score.size(); i++)
    e.concepts.push_back({static_cast<int64_t>(i), score[i], margin[i], mean[i], lift[i]});
  std::stable_sort(e.concepts.begin(), e.concepts.end(),
                   [](const ExplainedConcept& a, const ExplainedConcept& b) { return a.contribution > b.contribution; });
  return e;
}

}  // namespace

const char* name_of(ExplanationMethod m) {
  switch (m) {
    case ExplanationMethod::ig: return "ig";
    case ExplanationMethod::margin: return "margin";
    case ExplanationMethod::faithful: return "faithful";
    case ExplanationMethod::clear: return "clear";
    default: return "mean";
  }
}

ExplanationMethod explanation_method_from(const std::string& name) {
  for (const auto m : {ExplanationMethod::ig, ExplanationMethod::margin, ExplanationMethod::faithful, ExplanationMethod::mean, ExplanationMethod::clear})
    if (name == name_of(m)) return m;
  usage_error("explanation method '{}' is not known; there are clear, mean, ig, margin and faithful", name);
}

Tensor image_contributions(const Vae& vae, const Tensor& x, const Tensor& centers, const Tensor& clusters,
                           const Ranking& ranking, double* completeness_error) {
  NoTape none;
  require_matrix("explain: concept vectors", x, 0, vae.concepts());
  const Sources s = sources(vae, x, centers, clusters, ranking);
  const int64_t n = x.dim(0), k = x.dim(1);
  Tensor result = Tensor::empty({n, k}, DType::f64);
  for (int64_t r = 0; r < n; r++) {
    const auto row = scores(ranking.method, s.margin.data<double>() + r * k, s.x.data<double>() + r * k, s.ranked.data<double>() + r * k, k);
    std::copy(row.begin(), row.end(), result.data<double>() + r * k);
  }
  if (completeness_error) *completeness_error = s.completeness_error;
  return result;
}

Tensor label_contributions(const Vae& vae, const Tensor& x, const Tensor& centers, const Tensor& clusters, ExplanationMethod method,
                           const Tensor& contributions) {
  if (method != ExplanationMethod::mean && method != ExplanationMethod::clear) return contributions;
  return image_contributions(vae, x, centers, clusters, ExplanationMethod::ig).to(contributions.dtype()).contiguous();
}

Explanations explain(const Vae& vae, const Tensor& x, const Tensor& centers, const Tensor& clusters, const Ranking& ranking,
                     bool images) {
  NoTape none;
  require_matrix("explain: concept vectors", x, 1, vae.concepts());
  const int64_t n = x.dim(0), k = x.dim(1), count = centers.dim(0);
  require_shape("explain: clusters", clusters, {n});
  const Sources s = sources(vae, x, centers, clusters, ranking);
  const Tensor of = clusters.to(DType::i64).contiguous();
  struct Sums {
    std::vector<double> margin, presence, ranked, have;
    int64_t size = 0;
  };
  const auto width = static_cast<size_t>(k);
  std::vector<Sums> sums(static_cast<size_t>(count), Sums{std::vector<double>(width), std::vector<double>(width), std::vector<double>(width), std::vector<double>(width), 0});
  std::vector<double> have(width);
  for (int64_t r = 0; r < n; r++) {
    Sums& c = sums[static_cast<size_t>(of.data<int64_t>()[r])];
    c.size++;
    for (size_t i = 0; i < width; i++) {
      const size_t at = static_cast<size_t>(r) * width + i;
      const double value = s.x.data<double>()[at];
      c.margin[i] += s.margin.data<double>()[at];
      c.presence[i] += value;
      c.ranked[i] += s.ranked.data<double>()[at];
      if (value > present_above) c.have[i]++, have[i]++;
    }
  }
  Explanations result;
  result.method = name_of(ranking.method);
  result.completeness_error = s.completeness_error;
  const auto lift_of = [&](size_t i, double share) {
    return have[i] > 0 ? share / (have[i] / static_cast<double>(n)) : 1.0;
  };
  for (int64_t c = 0; c < count; c++) {
    Sums& m = sums[static_cast<size_t>(c)];
    std::vector<double> lift(width, 1);
    for (size_t i = 0; i < width && m.size > 0; i++) {
      const auto size = static_cast<double>(m.size);
      m.margin[i] /= size, m.presence[i] /= size, m.ranked[i] /= size;
      lift[i] = lift_of(i, m.have[i] / size);
    }
    const auto score = scores(ranking.method, m.margin.data(), m.presence.data(), m.ranked.data(), k);
    result.clusters.push_back(explanation(c, m.size, score, m.margin.data(), m.presence.data(), lift));
  }
  for (int64_t r = 0; images && r < n; r++) {
    const double* row = s.x.data<double>() + r * k;
    const double* margin = s.margin.data<double>() + r * k;
    std::vector<double> lift(width);
    for (size_t i = 0; i < width; i++) lift[i] = lift_of(i, row[i] > present_above ? 1 : 0);
    const auto score = scores(ranking.method, margin, row, s.ranked.data<double>() + r * k, k);
    result.images.push_back(explanation(r, 1, score, margin, row, lift));
  }
  return result;
}

std::vector<std::vector<int64_t>> rankings_of(const std::vector<Explanation>& explanations) {
  std::vector<std::vector<int64_t>> rankings;
  for (const Explanation& e : explanations) {
    rankings.emplace_back();
    for (const auto& c : e.concepts) rankings.back().push_back(c.index);
  }
  return rankings;
}

}  // namespace ceir
