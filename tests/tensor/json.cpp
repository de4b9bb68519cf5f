#include <doctest/doctest.h>

#include "tensor/io/json.h"
#include "tests/scratch.h"

using namespace ceir;
using namespace ceir::test;

TEST_CASE("JSON: values come back as they were written, objects keep their order") {
  const std::string text = R"({"b": [1, -2.5, true, null, "caf\u00e9 \ud83d\ude00\n"], "a": {"x": 1e300, "y": 9223372036854775807}})";
  const Json j = Json::parse(text, "t");
  CHECK(j.as_object("")[0].first == "b");
  CHECK(Json::parse(j.dump(), "t").dump() == j.dump());
  CHECK(Json::parse(j.dump(2), "t").dump() == j.dump());
  CHECK(j.at("a", "t").at("y", "t").as_int("y") == INT64_MAX);
  CHECK(j.at("b", "t").as_array("b")[4].as_string("") == "café 😀\n");
}

TEST_CASE("JSON: whole numbers beyond 64 bits become doubles, 2.0 counts as whole") {
  CHECK(Json::parse("18446744073709551615", "t").as_double("") == 18446744073709551615.0);
  CHECK_FALSE(Json::parse("18446744073709551615", "t").is_int());
  CHECK(Json::parse("2.0", "t").as_int("") == 2);
  CHECK(Json(0.1).dump() == "0.1");
  CHECK(Json(2.0).dump() == "2.0");
  CHECK(Json(1.0 / 0.0).dump() == "null");
  CHECK(Json(uint64_t{1} << 63).as_double("") == 9223372036854775808.0);
}

TEST_CASE("JSON: what is not valid is refused with the file's name") {
  std::string deep(300, '[');
  deep += std::string(300, ']');
  std::string many = "{";
  for (int i = 0; i < 40; i++) many += "\"k" + std::to_string(i) + "\": 1, ";
  for (const std::string& bad : {std::string(""), std::string("{"), std::string("{\"a\": 1, \"a\": 2}"), many + "\"k3\": 1}", std::string("[1] 2"), std::string("NaN"),
                                 std::string("[1,]"), std::string("\"\xff\""), std::string("1e999"), deep, std::string("\"\\ud800\"")})
    check_error(ErrorKind::bad_input, "x.json", [&] { Json::parse(bad, "x.json"); });
  CHECK(Json::parse("\xef\xbb\xbf[]", "bom").is_array());
}

TEST_CASE("JSON: reading the wrong thing names it") {
  const Json j = Json::parse(R"({"width": "wide", "n": 2.5})", "t");
  check_error(ErrorKind::bad_input, "config.json: width", [&] { (void)j.get("width", int64_t{1}, "config.json"); });
  check_error(ErrorKind::bad_input, "'heads'", [&] { (void)j.at("heads", "config.json"); });
  check_error(ErrorKind::bad_input, "whole number", [&] { (void)j.get("n", int64_t{1}, "c"); });
}

TEST_CASE("JSON: bytes that are not UTF-8 are written as U+FFFD") { CHECK(Json("a\xff z").dump() == "\"a\xef\xbf\xbd z\""); }

TEST_CASE("JSON: mutated documents are parsed or refused") {
  fuzz(R"({"weight_map": {"a.b": "x.safetensors", "c": [1, -2.5e-3, {"d": null}]}, "t": "\u00e9\n", "u": [true, false, [[]]]})", "fuzz.json", fuzz_rounds(20000),
       [](const std::string& s) { (void)Json::parse(s, "fuzz").dump(); });
}
