// The part of inspecting that looks into text files: JSON of every kind, lists, tables.
#pragma once
#include <string>
#include <string_view>

#include "weights/inspect.h"

namespace ceir {

// Fills kind and facts; false when the content is not text. Throws Error(bad_input) for a .json or .jsonl file that
// is not valid.
bool describe_text(Description& d, std::string_view text, const std::string& name);

}  // namespace ceir
