// The only file that sees the JSON library; its parser feeds our values through its SAX interface.
#include "tensor/io/json.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "kernels/base/error.h"
#include "tensor/io/file.h"
#include "tensor/io/utf8.h"

namespace ceir {
namespace {

constexpr size_t deepest = 200;

const char* kind_of(const Json& v) {
  return v.is_null() ? "null" : v.is_bool() ? "true or false" : v.is_int() ? "a whole number" : v.is_number() ? "a number"
       : v.is_string() ? "a string" : v.is_array() ? "a list" : "an object";
}

class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Builder(std::string_view where) : where_(where) {}
  Json take() { return std::move(root_); }

  bool null() override { return add(Json()); }
  bool boolean(bool b) override { return add(Json(b)); }
  bool number_integer(int64_t i) override { return add(Json(i)); }
  bool number_unsigned(uint64_t i) override { return add(Json(i)); }
  bool number_float(double d, const std::string&) override { return add(Json(d)); }
  bool string(std::string& s) override { return add(Json(std::move(s))); }
  bool binary(nlohmann::json::binary_t&) override { return false; }
  bool start_array(size_t) override { return open(Json::array()); }
  bool end_array() override { return close(); }
  bool start_object(size_t) override { return open(Json::object()); }
  bool end_object() override { return close(); }

  bool key(std::string& key) override {
    Level& level = open_.back();
    // Few keys are compared one by one; a set is kept only for large objects (a vocabulary).
    const Json::Object& members = level.value.as_object("");
    bool twice = false;
    if (members.size() < 16) {
      for (const auto& [name, value] : members) twice = twice || name == key;
    } else {
      if (level.names.empty())
        for (const auto& [name, value] : members) level.names.insert(name);
      twice = !level.names.insert(key).second;
    }
    if (twice) bad_input("{}: the key '{}' stands twice in one object", where_, printable(key));
    level.key = std::move(key);
    return true;
  }

  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception& e) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 5: syntax error ...": without the prefix.
    std::string_view message = e.what();
    if (const size_t end = message.find("] "); end != std::string_view::npos) message.remove_prefix(end + 2);
    bad_input("{}: not valid JSON at byte {}: {}", where_, position, printable(message, 200));
  }

 private:
  struct Level {
    Json value;
    std::string key;
    std::unordered_set<std::string> names;
  };

  bool add(Json value) {
    if (open_.empty()) root_ = std::move(value);
    else if (open_.back().value.is_array()) open_.back().value.push(std::move(value));
    else open_.back().value.append(std::move(open_.back().key), std::move(value));
    return true;
  }
  bool open(Json value) {
    if (open_.size() == deepest) bad_input("{}: nested deeper than {} levels", where_, deepest);
    open_.push_back({std::move(value), {}, {}});
    return true;
  }
  bool close() {
    Json value = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(value));
  }

  std::string_view where_;
  Json root_;
  std::vector<Level> open_;
};

void dump_string(std::string& out, std::string_view s) {
  out += '"';
  while (!s.empty()) {
    const int32_t c = next_code_point(s);
    switch (c) {
      case -1: out += "\xef\xbf\xbd"; break;
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      default:
        if (c < 32 || c == 127) out += fmt::format("\\u{:04x}", c);
        else append_utf8(out, static_cast<uint32_t>(c));
    }
  }
  out += '"';
}

void dump_double(std::string& out, double d) {
  if (!std::isfinite(d)) {
    out += "null";
    return;
  }
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, d).ptr;
  const std::string_view s(text, static_cast<size_t>(end - text));
  out += s;
  if (s.find_first_of(".e") == std::string_view::npos) out += ".0";  // stays a floating number when read again
}

void dump_value(std::string& out, const Json& v, int indent, int depth) {
  const auto line = [&](int d) {
    if (indent < 0) return;
    out += '\n';
    out.append(static_cast<size_t>(indent * d), ' ');
  };
  if (v.is_null()) out += "null";
  else if (v.is_bool()) out += v.as_bool("") ? "true" : "false";
  else if (v.is_int()) out += std::to_string(v.as_int(""));
  else if (v.is_number()) dump_double(out, v.as_double(""));
  else if (v.is_string()) dump_string(out, v.as_string(""));
  else if (v.is_array()) {
    const Json::Array& a = v.as_array("");
    out += '[';
    for (size_t i = 0; i < a.size(); i++) {
      if (i) out += indent < 0 ? ", " : ",";
      line(depth + 1);
      dump_value(out, a[i], indent, depth + 1);
    }
    if (!a.empty()) line(depth);
    out += ']';
  } else {
    const Json::Object& o = v.as_object("");
    out += '{';
    for (size_t i = 0; i < o.size(); i++) {
      if (i) out += indent < 0 ? ", " : ",";
      line(depth + 1);
      dump_string(out, o[i].first);
      out += ": ";
      dump_value(out, o[i].second, indent, depth + 1);
    }
    if (!o.empty()) line(depth);
    out += '}';
  }
}

[[noreturn]] void wrong_kind(std::string_view what, const Json& v, const char* wanted) {
  bad_input("{}: is {}, must be {}", what, kind_of(v), wanted);
}

}  // namespace

Json::Json(uint64_t i) {
  if (i <= static_cast<uint64_t>(INT64_MAX)) value_ = static_cast<int64_t>(i);
  else value_ = static_cast<double>(i);
}

Json Json::parse(std::string_view text, std::string_view where) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (const size_t bad = find_invalid_utf8(text); bad != std::string_view::npos) bad_input("{}: not UTF-8 at byte {}", where, bad);
  Builder builder(where);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) bad_input("{}: not valid JSON", where);
  return builder.take();
}

Json Json::read(const std::string& path) { return parse(read_text_file(path), printable(path, 4096)); }

bool Json::as_bool(std::string_view what) const {
  if (!is_bool()) wrong_kind(what, *this, "true or false");
  return std::get<bool>(value_);
}

int64_t Json::as_int(std::string_view what) const {
  if (is_int()) return std::get<int64_t>(value_);
  if (const double* d = std::get_if<double>(&value_); d && *d == std::floor(*d) && std::fabs(*d) < 0x1p62) return static_cast<int64_t>(*d);
  if (is_number()) bad_input("{}: is {}, must be a whole number", what, std::get<double>(value_));
  wrong_kind(what, *this, "a whole number");
}

double Json::as_double(std::string_view what) const {
  if (is_int()) return static_cast<double>(std::get<int64_t>(value_));
  if (const double* d = std::get_if<double>(&value_)) return *d;
  wrong_kind(what, *this, "a number");
}

const std::string& Json::as_string(std::string_view what) const& {
  if (!is_string()) wrong_kind(what, *this, "a string");
  return std::get<std::string>(value_);
}

const Json::Array& Json::as_array(std::string_view what) const& {
  if (!is_array()) wrong_kind(what, *this, "a list");
  return std::get<Array>(value_);
}

const Json::Object& Json::as_object(std::string_view what) const& {
  if (!is_object()) wrong_kind(what, *this, "an object");
  return std::get<Object>(value_);
}

const Json* Json::find(std::string_view key) const {
  if (const Object* o = std::get_if<Object>(&value_))
    for (const auto& [name, value] : *o)
      if (name == key) return &value;
  return nullptr;
}

const Json& Json::at(std::string_view key, std::string_view what) const& {
  if (!is_object()) wrong_kind(what, *this, "an object");
  if (const Json* v = find(key)) return *v;
  bad_input("{}: the key '{}' is missing", what, key);
}

int64_t Json::get(std::string_view key, int64_t otherwise, std::string_view what) const {
  const Json* v = find(key);
  return v && !v->is_null() ? v->as_int(fmt::format("{}: {}", what, key)) : otherwise;
}

double Json::get(std::string_view key, double otherwise, std::string_view what) const {
  const Json* v = find(key);
  return v && !v->is_null() ? v->as_double(fmt::format("{}: {}", what, key)) : otherwise;
}

std::string Json::get(std::string_view key, const char* otherwise, std::string_view what) const {
  const Json* v = find(key);
  return v && !v->is_null() ? v->as_string(fmt::format("{}: {}", what, key)) : otherwise;
}

Json& Json::set(std::string key, Json value) {
  if (is_null()) value_ = Object{};
  if (!is_object()) fail(ErrorKind::internal, "Json::set('{}') on {}", key, kind_of(*this));
  for (auto& [name, old] : std::get<Object>(value_))
    if (name == key) {
      old = std::move(value);
      return *this;
    }
  return append(std::move(key), std::move(value));
}

Json& Json::append(std::string key, Json value) {
  if (is_null()) value_ = Object{};
  if (!is_object()) fail(ErrorKind::internal, "Json::append('{}') on {}", key, kind_of(*this));
  std::get<Object>(value_).emplace_back(std::move(key), std::move(value));
  return *this;
}

Json& Json::push(Json value) {
  if (is_null()) value_ = Array{};
  if (!is_array()) fail(ErrorKind::internal, "Json::push on {}", kind_of(*this));
  std::get<Array>(value_).push_back(std::move(value));
  return *this;
}

std::string Json::dump(int indent) const {
  std::string out;
  dump_value(out, *this, indent, 0);
  return out;
}

std::string Json::as_string(std::string_view what) && { return std::as_const(*this).as_string(what); }
Json::Array Json::as_array(std::string_view what) && { return std::as_const(*this).as_array(what); }
Json::Object Json::as_object(std::string_view what) && { return std::as_const(*this).as_object(what); }
Json Json::at(std::string_view key, std::string_view what) && { return std::as_const(*this).at(key, what); }

}  // namespace ceir
