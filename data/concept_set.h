// The vocabulary of a run: what the pictures may be described with.
#pragma once
#include <string>
#include <vector>

namespace ceir {

struct ConceptSet {
  std::string name;                   // file name or built-in name
  std::vector<std::string> concepts;  // in the order given, without repetition or empty lines
  int64_t repeated = 0;               // entries left out because they had occurred before
};

// A text file (one a line), a JSON file ({class: [concept]}, [concept], or [{"concept": ...}]), or a built-in set:
// "scenes" (the drawn world's attributes and distractors) or "everyday" (common things, places, materials, colours).
// Throws Error(bad_input): unreadable, not UTF-8, empty, or an entry longer than 1000 bytes (names the line).
ConceptSet load_concepts(const std::string& what);

const std::vector<std::string>& everyday_concepts();

}  // namespace ceir
