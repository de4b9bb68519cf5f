// The figures of a finished run as text: what `run` and `eval` print.
#pragma once
#include <string>

#include "tensor/io/json.h"

namespace ceir {

// metrics: of metrics.json; folder: of the run, for the clusters' names and sizes. k-means on every representation, what the
// explanations are worth, and the clusters in words.
std::string summary_of_run(const Json& metrics, const std::string& folder);

// More about the explanations: what the filters did to known words, every ranking beside random order, and deletion and
// insertion by number of concepts. Empty without explanations.
std::string explanation_tables(const Json& metrics);

}  // namespace ceir
