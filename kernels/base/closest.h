// "Did you mean ...?"
#pragma once
#include <string>
#include <vector>

namespace ceir {

// The candidate nearest to `name` by edit distance (Levenshtein 1966), the first of equals; empty when none is near
// enough to be meant.
std::string closest(const std::string& name, const std::vector<std::string>& candidates);

}  // namespace ceir
