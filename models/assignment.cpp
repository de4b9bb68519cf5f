#include "models/assignment.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/base/interrupt.h"

namespace ceir {
namespace {

// Rows are matched one after the other, each along the cheapest augmenting path in reduced costs (Dijkstra's search
// over columns; the potentials keep reduced costs at or above 0). rows <= columns. Returns the column of each row.
std::vector<int64_t> shortest_augmenting_paths(const std::vector<double>& cost, int64_t rows, int64_t columns) {
  const auto n = static_cast<size_t>(rows), m = static_cast<size_t>(columns);
  std::vector<double> row_potential(n, 0.0), column_potential(m, 0.0), distance(m);
  std::vector<int64_t> row_of(m, -1), column_of(n, -1), from(m);
  std::vector<bool> reached(m);
  for (size_t start = 0; start < n; start++) {
    if (start % 64 == 0) throw_if_interrupted();
    std::fill(distance.begin(), distance.end(), std::numeric_limits<double>::infinity());
    std::fill(reached.begin(), reached.end(), false);
    size_t row = start;
    int64_t end = -1;
    double length = 0;
    while (end < 0) {
      size_t nearest = m;
      for (size_t j = 0; j < m; j++) {
        if (reached[j]) continue;
        const double through = length + (cost[row * m + j] - row_potential[row] - column_potential[j]);
        if (through < distance[j]) distance[j] = through, from[j] = static_cast<int64_t>(row);
        // Of equally near columns a free one: the path ends there.
        if (nearest == m || distance[j] < distance[nearest] ||
            (distance[j] == distance[nearest] && row_of[j] < 0 && row_of[nearest] >= 0))
          nearest = j;
      }
      length = distance[nearest];
      reached[nearest] = true;
      if (row_of[nearest] < 0)
        end = static_cast<int64_t>(nearest);
      else
        row = static_cast<size_t>(row_of[nearest]);
    }
    row_potential[start] += length;
    for (size_t j = 0; j < m; j++) {
      if (!reached[j]) continue;
      if (row_of[j] >= 0) row_potential[static_cast<size_t>(row_of[j])] += length - distance[j];
      column_potential[j] -= length - distance[j];
    }
    for (int64_t j = end; j >= 0;) {  // shift the matching along the path
      const int64_t i = from[static_cast<size_t>(j)];
      row_of[static_cast<size_t>(j)] = i;
      std::swap(column_of[static_cast<size_t>(i)], j);
      if (i == static_cast<int64_t>(start)) break;
    }
  }
  return column_of;
}

}  // namespace

Matching solve_assignment(const Tensor& cost) {
  require_rank("assignment: cost", cost, 2);
  const int64_t rows = cost.dim(0), columns = cost.dim(1);
  const std::vector<double> values = cost.values();
  for (size_t i = 0; i < values.size(); i++)
    if (!std::isfinite(values[i]))
      bad_input("assignment: the cost in row {}, column {} is not finite", static_cast<int64_t>(i) / columns,
                static_cast<int64_t>(i) % columns);
  Matching matching{{}, {}, 0.0};
  if (rows <= columns) {
    const auto column_of = shortest_augmenting_paths(values, rows, columns);
    for (int64_t i = 0; i < rows; i++)
      matching.rows.push_back(i), matching.columns.push_back(column_of[static_cast<size_t>(i)]);
  } else {
    std::vector<double> turned(values.size());
    for (int64_t i = 0; i < rows; i++)
      for (int64_t j = 0; j < columns; j++)
        turned[static_cast<size_t>(j * rows + i)] = values[static_cast<size_t>(i * columns + j)];
    const auto row_of = shortest_augmenting_paths(turned, columns, rows);
    std::vector<int64_t> column_of(static_cast<size_t>(rows), -1);
    for (int64_t j = 0; j < columns; j++) column_of[static_cast<size_t>(row_of[static_cast<size_t>(j)])] = j;
    for (int64_t i = 0; i < rows; i++)
      if (column_of[static_cast<size_t>(i)] >= 0)
        matching.rows.push_back(i), matching.columns.push_back(column_of[static_cast<size_t>(i)]);
  }
  for (size_t i = 0; i < matching.rows.size(); i++)
    matching.total += values[static_cast<size_t>(matching.rows[i] * columns + matching.columns[i])];
  return matching;
}

}  // namespace ceir
