// The two protocols on the same pictures, side by side.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "tensor/io/json.h"

namespace ceir {

// {"mean", "std", "values"} of one figure over the seeds; std with n - 1, 0 for one seed.
Json spread(const std::vector<double>& values);

// From the metrics.json of finished runs, by the name of their folder (which is that of their protocol):
// {"n", "clusters", "seeds", "protocols": {NAME: {"run", "ceir", "controls", "concepts": {initial, kept}, "explanations",
// "truth", "best_epoch_on_test"}}}. best_epoch_on_test (faithful only) is the mean, spread and values of the best of the
// scores that the authors' loop took of the test split while it trained, picked by the labels it is scored with.
Json side_by_side(const std::vector<std::pair<std::string, Json>>& runs);

std::string side_by_side_text(const Json& both);  // a table for the terminal
std::string side_by_side_html(const Json& both);  // the same as a page that links to each run's report

}  // namespace ceir
