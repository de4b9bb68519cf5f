#include "models/metrics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "models/assignment.h"

namespace ceir {
namespace {

constexpr int64_t most_cells = int64_t{1} << 26;  // 512 MiB of counts

std::vector<int64_t> distinct(const Tensor& labels) {
  std::vector<int64_t> values(labels.span<int64_t>().begin(), labels.span<int64_t>().end());
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

int64_t position(const std::vector<int64_t>& sorted, int64_t value) {
  return std::lower_bound(sorted.begin(), sorted.end(), value) - sorted.begin();
}

struct Margins {
  std::vector<int64_t> rows, columns;
};

Margins margins(const Contingency& table) {
  const size_t columns = table.columns.size();
  Margins m{std::vector<int64_t>(table.rows.size(), 0), std::vector<int64_t>(columns, 0)};
  for (size_t i = 0; i < table.counts.size(); i++) {
    m.rows[i / columns] += table.counts[i];
    m.columns[i % columns] += table.counts[i];
  }
  return m;
}

// Sum of C(n, 2): exact in 128 bits, since n may reach 2^32 and more.
double pairs(const std::vector<int64_t>& counts) {
  unsigned __int128 sum = 0;
  for (const int64_t n : counts)
    if (n > 1) sum += static_cast<unsigned __int128>(n) * static_cast<unsigned __int128>(n - 1) / 2;
  return static_cast<double>(sum);
}

double ari_of(const Contingency& table, const Margins& m) {
  if (table.n == 1 || (table.rows.size() == 1 && table.columns.size() == 1)) return 1;
  const double both = pairs(table.counts), a = pairs(m.rows), b = pairs(m.columns), all = pairs({table.n});
  const double expected = a * (b / all), largest = (a + b) / 2;
  if (largest == expected) return 1;  // both sides are all singletons
  return (both - expected) / (largest - expected);
}

double entropy(const std::vector<int64_t>& counts, double n) {
  double h = 0;
  for (const int64_t c : counts)
    if (c > 0) h -= static_cast<double>(c) / n * std::log(static_cast<double>(c) / n);
  return h;
}

double nmi_of(const Contingency& table, const Margins& m) {
  if (table.rows.size() == 1 && table.columns.size() == 1) return 1;
  if (table.rows.size() == 1 || table.columns.size() == 1) return 0;
  const double n = static_cast<double>(table.n);
  double information = 0;
  const size_t columns = table.columns.size();
  for (size_t i = 0; i < table.counts.size(); i++) {
    if (table.counts[i] == 0) continue;
    const double c = static_cast<double>(table.counts[i]);
    const double a = static_cast<double>(m.rows[i / columns]), b = static_cast<double>(m.columns[i % columns]);
    information += c / n * std::log(c / a * (n / b));
  }
  const double mean = (entropy(m.rows, n) + entropy(m.columns, n)) / 2;
  return std::clamp(information / mean, 0.0, 1.0);
}

void require_labels(const Tensor& a, const Tensor& b) {
  require_rank("scores: labels", a, 1);
  require_rank("scores: labels", b, 1);
  if (a.dtype() != DType::i64 || b.dtype() != DType::i64)
    bad_input("scores: labels are whole numbers (i64), not {} and {}", name_of(a.dtype()), name_of(b.dtype()));
  if (a.dim(0) != b.dim(0))
    bad_input("scores: {} labels stand against {}; both must belong to the same rows", a.dim(0), b.dim(0));
  if (a.dim(0) == 0) bad_input("scores: there are no labels");
}

}  // namespace

Contingency contingency(const Tensor& a, const Tensor& b) {
  require_labels(a, b);
  const Tensor first = a.contiguous(), second = b.contiguous();
  Contingency table{distinct(first), distinct(second), {}, first.dim(0)};
  const auto rows = static_cast<int64_t>(table.rows.size()), columns = static_cast<int64_t>(table.columns.size());
  if (rows > most_cells / columns)
    bad_input("scores: {} different labels against {}: are these labels at all?", rows, columns);
  table.counts.assign(static_cast<size_t>(rows * columns), 0);
  for (int64_t i = 0; i < table.n; i++)
    table.counts[static_cast<size_t>(position(table.rows, first.data<int64_t>()[i]) * columns +
                                     position(table.columns, second.data<int64_t>()[i]))]++;
  return table;
}

double adjusted_rand_index(const Tensor& a, const Tensor& b) {
  const Contingency table = contingency(a, b);
  return ari_of(table, margins(table));
}

Scores score_clusters(const Tensor& predicted, const Tensor& truth) {
  const Contingency table = contingency(predicted, truth);
  const Margins m = margins(table);
  const auto rows = static_cast<int64_t>(table.rows.size()), columns = static_cast<int64_t>(table.columns.size());
  const double n = static_cast<double>(table.n);

  std::vector<double> cost(table.counts.size());
  std::transform(table.counts.begin(), table.counts.end(), cost.begin(),
                 [](int64_t c) { return -static_cast<double>(c); });
  const Matching matching = solve_assignment(Tensor::from(cost, {rows, columns}));

  Scores scores{0, nmi_of(table, m), ari_of(table, m), 0, table.n, {}};
  int64_t right = 0, pure = 0;
  for (size_t i = 0; i < matching.rows.size(); i++) {
    right += table.counts[static_cast<size_t>(matching.rows[i] * columns + matching.columns[i])];
    scores.matching.emplace_back(table.rows[static_cast<size_t>(matching.rows[i])],
                                 table.columns[static_cast<size_t>(matching.columns[i])]);
  }
  for (int64_t i = 0; i < rows; i++)
    pure += *std::max_element(table.counts.begin() + i * columns, table.counts.begin() + (i + 1) * columns);
  scores.acc = static_cast<double>(right) / n;
  scores.purity = static_cast<double>(pure) / n;
  return scores;
}

}  // namespace ceir
