// Special tokens written in a text ("<|endoftext|>", "[SEP]"): found before anything else happens to it, they become
// their id at once; what lies between goes through the tokenizer. (Hugging Face tokenizers, added_vocabulary.rs.)
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "data/unicode.h"

namespace ceir {

class Json;

struct AddedToken {
  std::string content;
  int64_t id;
  bool single_word = false;  // only where no letter, digit or underscore touches it
  bool lstrip = false, rstrip = false;  // white space before or after it goes with it
  bool normalized = false;   // looked for after normalisation, not before
};

class AddedTokens {
 public:
  void add(AddedToken token);
  // From the "added_tokens" list of tokenizer.json; `where` begins messages.
  void read(const Json& list, std::string_view where);
  const std::vector<AddedToken>& all() const { return tokens_; }
  const AddedToken* find(std::string_view content) const;

  // Cuts `text` at the tokens with the given `normalized` flag: leftmost first, the longest of those at one place.
  // Calls token(id) and between(text) in order; empty stretches are left out.
  void split(std::string_view text, bool normalized, const std::function<void(int64_t)>& token,
             const std::function<void(std::string_view)>& between) const;

 private:
  std::vector<AddedToken> tokens_;
};

}  // namespace ceir
