// JSON values behind a light header (the library's own costs seconds in every file that includes it).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ceir {

// A JSON value; objects keep their order. Reading a missing or wrong thing throws Error(bad_input) that names the key.
class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::vector<std::pair<std::string, Json>>;

  Json() = default;  // null
  Json(std::nullptr_t) {}
  Json(bool b) : value_(b) {}
  Json(int i) : value_(int64_t{i}) {}
  Json(int64_t i) : value_(i) {}
  Json(uint64_t i);  // a double when it does not fit
  Json(double d) : value_(d) {}
  Json(const char* s) : value_(std::string(s)) {}
  Json(std::string s) : value_(std::move(s)) {}
  Json(std::string_view s) : value_(std::string(s)) {}
  Json(Array a) : value_(std::move(a)) {}
  Json(Object o) : value_(std::move(o)) {}
  static Json array() { return Json(Array{}); }
  static Json object() { return Json(Object{}); }

  // Parses one document. `where` (a file name) begins every message. Refuses duplicate keys, nesting deeper than
  // 200, invalid UTF-8, NaN and infinities, and anything after the document; a leading byte order mark is skipped.
  // Whole numbers beyond 64 bits become doubles.
  static Json parse(std::string_view text, std::string_view where);
  static Json read(const std::string& path);  // a whole file

  bool is_null() const { return value_.index() == 0; }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_int() const { return std::holds_alternative<int64_t>(value_); }
  bool is_number() const { return is_int() || std::holds_alternative<double>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }

  bool as_bool(std::string_view what) const;  // `what` names the value in the error: "config.json: hidden_size"
  int64_t as_int(std::string_view what) const;  // a whole number, 2.0 too
  double as_double(std::string_view what) const;
  const std::string& as_string(std::string_view what) const&;
  const Array& as_array(std::string_view what) const&;
  const Object& as_object(std::string_view what) const&;
  // Of a temporary they return the value itself: `for (const Json& j : Json::parse(text, file).as_array(file))` is safe.
  std::string as_string(std::string_view what) &&;
  Array as_array(std::string_view what) &&;
  Object as_object(std::string_view what) &&;

  const Json* find(std::string_view key) const;  // null when absent or not an object
  bool has(std::string_view key) const { return find(key) != nullptr; }
  const Json& at(std::string_view key, std::string_view what) const&;
  Json at(std::string_view key, std::string_view what) &&;
  int64_t get(std::string_view key, int64_t otherwise, std::string_view what) const;
  double get(std::string_view key, double otherwise, std::string_view what) const;
  std::string get(std::string_view key, const char* otherwise, std::string_view what) const;

  Json& set(std::string key, Json value);  // adds or replaces; makes a null an object
  Json& append(std::string key, Json value);  // set() for a key that is known to be new: no search
  Json& push(Json value);                  // makes a null an array

  // Compact with indent -1. Doubles print shortest-round-trip; NaN and infinities as null; text that is not
  // UTF-8 has its bad bytes replaced by U+FFFD.
  std::string dump(int indent = -1) const;

 private:
  std::variant<std::monostate, bool, int64_t, double, std::string, Array, Object> value_;
};

}  // namespace ceir
