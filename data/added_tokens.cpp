#include "data/added_tokens.h"

#include "kernels/base/error.h"
#include "tensor/io/json.h"
#include "tensor/io/utf8.h"

namespace ceir {
namespace {

bool is_word(uint32_t c) { return c == '_' || is_letter(c) || is_number(c) || unicode_class(c) == UnicodeClass::nonspacing_mark; }

// The code point that ends just before `at`, or 0 at the beginning.
uint32_t code_point_before(std::string_view text, size_t at) {
  if (at == 0) return 0;
  size_t begin = at - 1;
  while (begin > 0 && (static_cast<uint8_t>(text[begin]) & 0xc0) == 0x80) begin--;
  std::string_view one = text.substr(begin, at - begin);
  return static_cast<uint32_t>(next_code_point(one));
}

uint32_t code_point_at(std::string_view text, size_t at) {
  std::string_view rest = text.substr(at);
  return rest.empty() ? 0 : static_cast<uint32_t>(next_code_point(rest));
}

}  // namespace

void AddedTokens::add(AddedToken token) {
  if (token.content.empty()) return;
  for (AddedToken& old : tokens_)
    if (old.content == token.content) {
      old = std::move(token);
      return;
    }
  tokens_.push_back(std::move(token));
}

void AddedTokens::read(const Json& list, std::string_view where) {
  const std::string what = fmt::format("{}: added_tokens", where);
  for (const Json& t : list.as_array(what)) {
    AddedToken token;
    token.content = t.at("content", what).as_string(what + ": content");
    token.id = t.at("id", what).as_int(what + ": id");
    if (token.id < 0 || token.id > INT32_MAX) bad_input("{}: '{}' has the id {}, out of range", what, printable(token.content), token.id);
    const auto flag = [&](const char* key) {
      const Json* v = t.find(key);
      return v && !v->is_null() && v->as_bool(what + ": " + key);
    };
    token.single_word = flag("single_word"), token.lstrip = flag("lstrip"), token.rstrip = flag("rstrip"), token.normalized = flag("normalized");
    add(std::move(token));
  }
}

const AddedToken* AddedTokens::find(std::string_view content) const {
  for (const AddedToken& t : tokens_)
    if (t.content == content) return &t;
  return nullptr;
}

void AddedTokens::split(std::string_view text, bool normalized, const std::function<void(int64_t)>& token,
                        const std::function<void(std::string_view)>& between) const {
  bool starts[256] = {};
  for (const AddedToken& t : tokens_)
    if (t.normalized == normalized) starts[static_cast<uint8_t>(t.content[0])] = true;
  size_t done = 0;
  for (size_t at = 0; at < text.size();) {
    const AddedToken* found = nullptr;
    if (starts[static_cast<uint8_t>(text[at])])
      for (const AddedToken& t : tokens_)
        if (t.normalized == normalized && text.substr(at).starts_with(t.content) && (!found || t.content.size() > found->content.size())) found = &t;
    if (!found) {
      at++;
      continue;
    }
    size_t begin = at, end = at + found->content.size();
    at = end;
    if (found->single_word && ((begin > 0 && is_word(code_point_before(text, begin))) || (end < text.size() && is_word(code_point_at(text, end))))) continue;
    if (found->lstrip)
      while (begin > done && is_white_space(code_point_before(text, begin)))
        do begin--;
        while (begin > done && (static_cast<uint8_t>(text[begin]) & 0xc0) == 0x80);
    if (found->rstrip)
      while (end < text.size() && is_white_space(code_point_at(text, end))) {
        std::string_view rest = text.substr(end);
        next_code_point(rest);
        end = text.size() - rest.size();
      }
    if (begin > done) between(text.substr(done, begin - done));
    token(found->id);
    done = end, at = std::max(at, end);
  }
  if (done < text.size()) between(text.substr(done));
}

}  // namespace ceir
