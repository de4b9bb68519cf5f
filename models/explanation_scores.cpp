#include "models/explanation_scores.h"

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <unordered_set>

#include "models/check.h"

namespace ceir {
namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

double mean_of(double sum, int64_t count) { return count > 0 ? sum / static_cast<double>(count) : nothing; }

// Share of `words` (those of the initial list) that are kept.
double share_kept(const std::unordered_set<std::string>& initial, const std::unordered_set<std::string>& kept, const std::vector<std::string>& words) {
  int64_t all = 0, left = 0;
  for (const std::string& word : std::unordered_set<std::string>(words.begin(), words.end()))
    if (initial.contains(word)) all++, left += kept.contains(word);
  return mean_of(static_cast<double>(left), all);
}

}  // namespace

std::vector<int64_t> attribute_of_concepts(const std::vector<std::string>& concepts, const std::vector<std::string>& attributes) {
  std::unordered_map<std::string, int64_t> number;
  for (size_t a = 0; a < attributes.size(); a++) number.emplace(attributes[a], static_cast<int64_t>(a));
  std::vector<int64_t> of;
  for (const std::string& c : concepts) {
    const auto found = number.find(c);
    of.push_back(found == number.end() ? -1 : found->second);
  }
  return of;
}

std::vector<std::vector<int64_t>> relevant_attributes(const Tensor& visible, const Tensor& clusters, int64_t count) {
  if (visible.rank() != 2 || visible.dim(0) < 1) bad_input("what is visible: expected a matrix of pictures and attributes, got {}", visible.shape().str());
  const int64_t n = visible.dim(0), attributes = visible.dim(1);
  require_shape("clusters", clusters, {n});
  const Tensor seen = visible.to(DType::u8).contiguous(), of = clusters.to(DType::i64).contiguous();  // (N, A), (N)
  std::vector<int64_t> size(static_cast<size_t>(count)), all(static_cast<size_t>(attributes)), in(static_cast<size_t>(count * attributes));
  for (int64_t r = 0; r < n; r++) {
    const int64_t c = of.data<int64_t>()[r];
    if (c < 0 || c >= count) bad_input("picture {} is in cluster {}, but there are {}", r, c, count);
    size[static_cast<size_t>(c)]++;
    for (int64_t a = 0; a < attributes; a++)
      if (seen.data<uint8_t>()[r * attributes + a]) all[static_cast<size_t>(a)]++, in[static_cast<size_t>(c * attributes + a)]++;
  }
  std::vector<std::vector<int64_t>> relevant(static_cast<size_t>(count));
  for (int64_t c = 0; c < count; c++)
    for (int64_t a = 0; a < attributes; a++) {
      const int64_t here = in[static_cast<size_t>(c * attributes + a)], pictures = size[static_cast<size_t>(c)], total = all[static_cast<size_t>(a)];
      // In whole numbers, so that "exactly half" and "exactly 1.5 times" count on every machine.
      if (here > 0 && 2 * here >= pictures && 2 * here * n >= 3 * total * pictures) relevant[static_cast<size_t>(c)].push_back(a);
    }
  return relevant;
}

double precision_at_5(const std::vector<int64_t>& ranking, const std::vector<int64_t>& attribute_of_concept, const std::vector<int64_t>& relevant) {
  const size_t places = std::min<size_t>(5, relevant.size());
  if (places == 0) return nothing;
  int64_t hits = 0;
  for (size_t i = 0; i < places && i < ranking.size(); i++) {
    const int64_t attribute = attribute_of_concept.at(static_cast<size_t>(ranking[i]));
    hits += attribute >= 0 && std::find(relevant.begin(), relevant.end(), attribute) != relevant.end();
  }
  return static_cast<double>(hits) / static_cast<double>(places);
}

ExplanationPrecision explanation_precision(const std::vector<std::vector<int64_t>>& cluster_rankings, const std::vector<std::vector<int64_t>>& image_rankings,
                                           const std::vector<int64_t>& attribute_of_concept, const Tensor& visible, const Tensor& clusters) {
  const auto relevant = relevant_attributes(visible, clusters, static_cast<int64_t>(cluster_rankings.size()));
  const int64_t n = visible.dim(0), attributes = visible.dim(1);
  if (static_cast<int64_t>(image_rankings.size()) != n) bad_input("{} pictures are ranked, but the truth is known of {}", image_rankings.size(), n);
  ExplanationPrecision result;
  double sum = 0;
  for (size_t c = 0; c < relevant.size(); c++) {
    if (relevant[c].empty()) result.clusters_without_truth++;
    else sum += precision_at_5(cluster_rankings[c], attribute_of_concept, relevant[c]);
  }
  result.cluster = mean_of(sum, static_cast<int64_t>(relevant.size()) - result.clusters_without_truth);
  const Tensor seen = visible.to(DType::u8).contiguous();  // (N, A)
  sum = 0;
  for (int64_t r = 0; r < n; r++) {
    std::vector<int64_t> there;
    for (int64_t a = 0; a < attributes; a++)
      if (seen.data<uint8_t>()[r * attributes + a]) there.push_back(a);
    if (there.empty()) result.images_without_truth++;
    else sum += precision_at_5(image_rankings[static_cast<size_t>(r)], attribute_of_concept, there);
  }
  result.image = mean_of(sum, n - result.images_without_truth);
  return result;
}

std::vector<std::vector<int64_t>> rank_contributions(const Tensor& contributions) {
  require_matrix("contributions", contributions, 0, -1);
  const Tensor values = contributions.to(DType::f64).contiguous();  // (N, K')
  const int64_t n = values.dim(0), k = values.dim(1);
  std::vector<std::vector<int64_t>> rankings(static_cast<size_t>(n), std::vector<int64_t>(static_cast<size_t>(k)));
  for (int64_t r = 0; r < n; r++) {
    const double* row = values.data<double>() + r * k;
    auto& order = rankings[static_cast<size_t>(r)];
    for (size_t i = 0; i < order.size(); i++) order[i] = static_cast<int64_t>(i);
    std::stable_sort(order.begin(), order.end(), [row](int64_t a, int64_t b) { return row[a] > row[b]; });
  }
  return rankings;
}

FilterTruth filter_truth(const std::vector<std::string>& initial, const std::vector<std::string>& kept, const std::vector<std::string>& drawn,
                         const std::vector<std::string>& never_drawn) {
  const std::unordered_set<std::string> given(initial.begin(), initial.end()), left(kept.begin(), kept.end());
  return {share_kept(given, left, drawn), 1 - share_kept(given, left, never_drawn)};
}

}  // namespace ceir
