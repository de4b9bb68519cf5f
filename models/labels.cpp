#include "models/labels.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace ceir {
namespace {

struct Counts {
  std::vector<int64_t> present, absent;  // per concept: counted with x >= 0, with x < 0
  int64_t images = 0;
  explicit Counts(size_t k = 0) : present(k), absent(k) {}
};

void add_row(Counts& counts, const double* contribution, const double* x, double threshold) {
  counts.images++;
  for (size_t k = 0; k < counts.present.size(); k++)
    if (std::abs(contribution[k]) > threshold) (x[k] < 0 ? counts.absent : counts.present)[k]++;
}

std::vector<CountedLabel> labels_of(const Counts& c, const Counts& all, const std::vector<std::string>& concepts) {
  std::vector<CountedLabel> list;
  for (size_t k = 0; k < concepts.size(); k++)
    for (const bool negated : {false, true}) {
      const int64_t count = (negated ? c.absent : c.present)[k], everywhere = (negated ? all.absent : all.present)[k];
      if (count == 0) continue;
      const double share = static_cast<double>(count) / static_cast<double>(c.images);
      const double overall = static_cast<double>(everywhere) / static_cast<double>(all.images);
      list.push_back({(negated ? "NOT " : "") + concepts[k], static_cast<int64_t>(k), negated, count, share, share / overall});
    }
  std::sort(list.begin(), list.end(), [](const CountedLabel& a, const CountedLabel& b) {
    return a.count != b.count ? a.count > b.count : a.name < b.name;
  });
  return list;
}

// Both as f64 matrices of one shape.
struct Rows {
  Tensor contributions, x;
  Rows(const Tensor& c, const Tensor& input, const std::vector<std::string>& concepts)
      : contributions(c.to(DType::f64).contiguous()), x(input.to(DType::f64).contiguous()) {
    if (c.rank() != 2 || !(c.shape() == input.shape()) || c.dim(1) != static_cast<int64_t>(concepts.size()))
      bad_input("labels: contributions {} and concept vectors {} do not fit {} concepts", c.shape().str(), input.shape().str(), concepts.size());
  }
  const double* contribution(int64_t n) const { return contributions.data<double>() + n * x.dim(1); }
  const double* input(int64_t n) const { return x.data<double>() + n * x.dim(1); }
};

// How well a label tells its cluster from the others: common there, and more common than elsewhere. What is absent from
// the cluster's pictures says less than what is present.
double distinction(const CountedLabel& l) { return (l.negated ? 0.25 : 1) * l.share * std::log(std::max(l.lift, 1e-9)); }

}  // namespace

std::vector<CountedLabel> count_labels(const Tensor& contributions, const Tensor& x, const std::vector<std::string>& concepts,
                                       double threshold) {
  const Rows rows(contributions, x, concepts);
  Counts counts(concepts.size());
  for (int64_t n = 0; n < x.dim(0); n++) add_row(counts, rows.contribution(n), rows.input(n), threshold);
  return labels_of(counts, counts, concepts);
}

std::vector<std::vector<CountedLabel>> count_cluster_labels(const Tensor& contributions, const Tensor& x,
                                                            const std::vector<std::string>& concepts, const Tensor& clusters,
                                                            int64_t count, double threshold) {
  const Rows rows(contributions, x, concepts);
  require_shape("labels: clusters", clusters, {x.dim(0)});
  const Tensor of = clusters.to(DType::i64).contiguous();
  Counts all(concepts.size());
  std::vector<Counts> each(static_cast<size_t>(count), Counts(concepts.size()));
  for (int64_t n = 0; n < x.dim(0); n++) {
    const int64_t cluster = of.data<int64_t>()[n];
    if (cluster < 0 || cluster >= count) bad_input("labels: row {} is in cluster {}, but there are {}", n, cluster, count);
    add_row(all, rows.contribution(n), rows.input(n), threshold);
    add_row(each[static_cast<size_t>(cluster)], rows.contribution(n), rows.input(n), threshold);
  }
  std::vector<std::vector<CountedLabel>> result;
  for (const Counts& c : each) result.push_back(labels_of(c, all, concepts));
  return result;
}

std::vector<std::string> cluster_names(const std::vector<std::vector<CountedLabel>>& counted, int64_t words) {
  std::vector<std::vector<CountedLabel>> ranked;
  for (const auto& labels : counted) {
    ranked.push_back(labels);
    std::stable_sort(ranked.back().begin(), ranked.back().end(),
                     [](const CountedLabel& a, const CountedLabel& b) { return distinction(a) > distinction(b); });
  }
  const auto name = [&](size_t cluster, size_t length) {
    std::string text;
    for (size_t i = 0; i < std::min(length, ranked[cluster].size()); i++) text += (i ? ", " : "") + ranked[cluster][i].name;
    return text;
  };
  std::vector<size_t> lengths(counted.size(), static_cast<size_t>(std::max<int64_t>(1, words)));
  std::vector<std::string> names(counted.size());
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t c = 0; c < names.size(); c++) names[c] = name(c, lengths[c]);
    for (size_t a = 0; a < names.size(); a++)
      for (size_t b = 0; b < names.size(); b++)
        if (a != b && names[a] == names[b] && lengths[a] < ranked[a].size()) lengths[a]++, changed = true, b = names.size();
  }
  std::set<std::string> taken;
  for (size_t c = 0; c < names.size(); c++) {  // nothing left to tell them apart, or nothing counted at all
    if (names[c].empty()) names[c] = "nothing in particular";
    std::string unique = names[c];
    for (int i = 2; !taken.insert(unique).second; i++) unique = fmt::format("{} ({})", names[c], i);
    names[c] = unique;
  }
  return names;
}

std::vector<std::string> image_labels(const Tensor& contribution, const Tensor& x, const std::vector<std::string>& concepts,
                                      int64_t at_most, double threshold) {
  const auto c = contribution.values(), input = x.values();
  if (c.size() != concepts.size() || input.size() != concepts.size())
    bad_input("labels: {} contributions and {} values for {} concepts", c.size(), input.size(), concepts.size());
  std::vector<size_t> order;
  for (size_t k = 0; k < c.size(); k++)
    if (c[k] > threshold && input[k] > 0) order.push_back(k);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return c[a] > c[b]; });
  std::vector<std::string> labels;
  for (size_t i = 0; i < std::min(order.size(), static_cast<size_t>(std::max<int64_t>(0, at_most))); i++) labels.push_back(concepts[order[i]]);
  return labels;
}

}  // namespace ceir
